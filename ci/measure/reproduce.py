"""From the field and back: what is inferred from incidents whose causes are known, beside these causes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from harness import workbench
from harness.errors import Inconclusive
from measure import incidents
from measure.incidents import Injected

if TYPE_CHECKING:
    from collections.abc import Sequence

INCIDENTS = (
    Injected("isolate", "at 0.3s isolate node02 for 6.2s"),
    Injected("deafen", "at 0.7s deafen node01 node03 for 7.1s"),
    Injected("split-sites", "at 0.4s split a b,c for 7.3s", sites=True),
    Injected("wan-loss", "at 0.6s wan-loss a--b for 8.1s", sites=True),
    Injected("flap", "at 0.2s flap node02 every=1500ms for 9.4s"),
    Injected("delay", "at 0.9s impair node02 delay=80ms jitter=20ms for 9.3s"),
    Injected("loss", "at 0.5s impair node02 loss=20% for 12.6s"),
    Injected("drop-raft", "at 0.8s drop node02 tcp port=2380 for 7.7s"),
    Injected("power-cut", "at 0.3s power-cut node03 for 6.6s"),
    Injected("pause", "at 0.6s pause node02 for 5.3s"),
    Injected("pause-process", "at 0.4s pause-process node01 chainfire for 5.8s"),
    Injected("kill", "at 1.1s kill node02 chainfire"),
    Injected("two-in-sequence", "at 0.3s isolate node03 for 5.2s\nat 11.4s power-cut node02 for 5.5s"),
    Injected("two-at-once", "at 0.5s impair node01 delay=60ms for 10.1s\nat 3.2s kill node03 chainfire"),
    Injected("clean-idle", rate=0),
    Injected("clean-busy", rate=10),
)


def measure(arguments: Sequence[str]) -> int:
    """Make incidents whose names have the first argument as a part, in the folder that is the second argument."""
    part, folder = (*arguments, "", "")[:2]
    chosen = [one for one in INCIDENTS if part in one.name]
    with tempfile.TemporaryDirectory(prefix="harness-bench-") as evidence:
        settings = workbench.Settings(evidence=Path(evidence))
        bench = workbench.prepare(settings, lambda _: None, virtual=False)
        for one in chosen:
            try:
                made = incidents.make(one, bench, Path(folder or evidence) / "incidents")
            except Inconclusive as error:
                print(f"{one.name}: {error}", file=sys.stderr)  # noqa: T201 - progress
                continue
            print(f"{one.name}: {made}", file=sys.stderr)  # noqa: T201 - progress
    return 0
