"""The ``lab`` marker: which lab a scenario asks for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import workers
from harness.plugin.options import NAMESPACE, VIRTUAL

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.ladder import Rung

TOPOLOGIES = "topologies"
ANY, EITHER = "any", "either"


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker."""
    config.addinivalue_line(
        "markers",
        "lab(topology, machines='vm', start=RUNG): give the module's scenarios a lab of that topology, a file of its"
        " topologies folder; machines='any' where namespace machines do, too, 'either' where they do if"
        " they are asked for, 'namespace' where nothing else does; start is how far the machines are:"
        " off, installer, installed, cluster (docs/checkpoints.md), by default cluster where a scenario asks for the"
        " fixture cluster, else off",
    )
    config.addinivalue_line(
        "markers",
        "breaks(invariant, ...): the scenario means to break these invariants of the wire (docs/checks.md)",
    )


def wanted(items: Sequence[pytest.Item]) -> workers.Wanted:
    """Return what the scenarios ask for that can have the machines that were asked for.

    Raises `UsageError` with all that markers say and nobody understands; the other functions here rely on that.
    """
    scenarios = [item for item in items if asks_for_a_lab(item)]
    if mistakes := dict.fromkeys(mistake for item in scenarios for mistake in _mistakes(item)):
        raise pytest.UsageError(*mistakes)
    asking = [item for item in scenarios if not wants_others(item)]
    files = (topology_file(item) for item in asking)
    unique = dict.fromkeys(str(path) for path in files if path is not None)
    climbing = (item for item in asking if starts(item))
    groups = {item.nodeid.partition("::")[0]: str(topology_file(item)) for item in climbing}
    return workers.Wanted(tuple(unique), any(machines(item) == VIRTUAL for item in asking), groups)


def asks_for_a_lab(item: pytest.Item) -> bool:
    """Say whether a test is a scenario: whether it takes the fixture."""
    return "lab" in getattr(item, "fixturenames", ())


def machines(node: pytest.Item | pytest.Collector) -> str:
    """Return what a scenario's machines are: what it needs, and where it takes others, what was asked for."""
    marker = node.get_closest_marker("lab")
    needed: str = marker.kwargs.get("machines", VIRTUAL) if marker else VIRTUAL
    if needed == NAMESPACE:
        return NAMESPACE
    asked = node.config.getoption("--lab-machines")
    if needed == EITHER:
        return NAMESPACE if asked == NAMESPACE else VIRTUAL
    return VIRTUAL if VIRTUAL in (needed, asked) else NAMESPACE


def wants_others(item: pytest.Item) -> bool:
    """Say whether a scenario needs other machines than those that were asked for."""
    asked = item.config.getoption("--lab-machines")
    return asked in (VIRTUAL, NAMESPACE) and machines(item) != asked


def rung(node: pytest.Item | pytest.Collector) -> Rung:
    """Return how far a module's scenarios, which share a lab, want its machines to be."""
    from harness.ladder import Rung  # noqa: PLC0415 - imported when a lab is asked for

    marker = node.get_closest_marker("lab")
    default = Rung.CLUSTER if _asks_for_a_cluster(node) else Rung.OFF
    return Rung(marker.kwargs.get("start", default) if marker else default)


def _asks_for_a_cluster(node: pytest.Item | pytest.Collector) -> bool:
    """Say whether any scenario of a module takes the fixture."""
    module = node.getparent(pytest.Module)
    theirs = (item for item in node.session.items if item.getparent(pytest.Module) is module)
    return any("cluster" in getattr(item, "fixturenames", ()) for item in theirs)


def starts(node: pytest.Item | pytest.Collector) -> bool:
    """Say whether a scenario's lab starts from a checkpoint; all rungs of a topology are made one from another."""
    from harness.ladder import Rung  # noqa: PLC0415 - imported when a lab is asked for

    return rung(node) is not Rung.OFF


def topology_file(node: pytest.Item | pytest.Collector) -> Path | None:
    """Return where the lab's topology is, None where no marker says so."""
    marker = node.get_closest_marker("lab")
    if marker is None or not marker.args:
        return None
    return Path(node.path).parent / TOPOLOGIES / f"{marker.args[0]}.yaml"


def _mistakes(item: pytest.Item) -> Iterator[str]:
    """Yield what the marker of a scenario says that nobody understands, each with where it stands."""
    from harness.ladder import Rung  # noqa: PLC0415 - imported when a lab is asked for

    marker = item.get_closest_marker("lab")
    if marker is None:
        return
    said = f"{item.path}: the marker lab has"
    if len(marker.args) != 1 or not isinstance(marker.args[0], str):
        yield f"{said} {', '.join(map(repr, marker.args)) or 'nothing'}, expected the name of one topology"
    known = {"machines": [VIRTUAL, NAMESPACE, ANY, EITHER], "start": [rung.value for rung in Rung]}
    for word, value in marker.kwargs.items():
        if word not in known:
            yield f"{said} {word}={value!r}, expected {' and '.join(known)} at most"
        elif value not in known[word]:
            yield f"{said} {word}={value!r}, expected one of {', '.join(map(repr, known[word]))}"
