"""``python -m measure FIGURES [ARGUMENT…]``: run the measurement that is named first."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from measure import bootstrap, capture, checkpoints, checks, clusters, faults, network, nine, plugin, reproduce

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def _all_of_faults() -> int:
    """Measure everything that is about faults: how soon they bite, the clusters under them, and their judge."""
    return max(faults.measure(), clusters.measure(), checks.measure())


ALONE: Mapping[str, Callable[[], int]] = {
    "plugin": plugin.measure,
    "checks": checks.measure,
    "clusters": clusters.measure,
    "faults": _all_of_faults,
}
"""The measurements that take no arguments."""

USAGE = """\
usage: ci/bench plugin | ci/bench bootstrap [pytest arguments] | ci/bench checkpoints [pytest arguments]
       | ci/bench checks | ci/bench clusters | ci/bench faults | ci/bench network [part of a figure's name]
       | ci/bench capture [part of a figure's name] | ci/bench nine installer|cluster [pytest arguments]
       | ci/bench reproduce [part of an incident's name, or vm [folder [runs]]]"""


def main(arguments: list[str]) -> int:
    """Return the exit status: 0 where everything was measured, 1 where something failed, 2 for an unusable call."""
    match arguments:
        case [figures] if figures in ALONE:
            return ALONE[figures]()
        case ["bootstrap" | "checkpoints" as what, *rest]:
            return {"bootstrap": bootstrap.measure, "checkpoints": checkpoints.measure}[what](rest)
        case ["reproduce", *rest] if len(rest) <= 3:  # noqa: PLR2004 - a part of a name, a folder, runs
            return reproduce.measure(rest)
        case ["nine", rung, *rest] if rung in nine.RUNGS:
            return nine.measure(rung, rest)
        case ["network" | "capture" as what, *part] if len(part) <= 1:
            return {"network": network.measure, "capture": capture.measure}[what](*part)
    print(USAGE, file=sys.stderr)  # noqa: T201 - the usage
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
