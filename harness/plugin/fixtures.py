"""The fixture that gives a module's scenarios their lab."""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING

import pytest

from harness import workers
from harness.plugin import marker, options, screen
from harness.plugin.options import ALWAYS, NAMESPACE, ON_FAILURE, VIRTUAL
from harness.plugin.stash import REPRODUCED, evidence_key, failed_key, lab_key, summaries_key, workbench_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from harness.faults.scenario import Faults
    from harness.incident.reproduction.keeping import Journals
    from harness.incident.reproduction.outcome import Outcome
    from harness.incident.reproduction.reproduction import Reproduction
    from harness.lab import Lab
    from harness.stacks.protocol import Cluster
    from harness.topology.model import Topology
    from harness.wire.wire import Wire
    from harness.workbench import Workbench


@pytest.fixture(scope="module")
def lab(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """Give the module's lab: built, wired and powered off. What it leaves behind stays in its evidence folder."""
    from harness.topology.loader import load  # noqa: PLC0415 - imported when a lab is asked for

    workbench = request.config.stash.get(workbench_key, None)
    path = marker.topology_file(request.node)
    if workbench is None or path is None:
        pytest.fail('the fixture lab needs pytestmark = pytest.mark.lab("NAME") in its module', pytrace=False)
    evidence = workbench.evidence_for(f"{request.node.path.stem}-{path.stem}")
    request.node.stash[evidence_key] = evidence
    summaries = request.config.stash.setdefault(summaries_key, {})
    machines, topology = marker.machines(request.node), options.with_stack(request.config, load(path))
    room = workbench.room_for(topology, evidence.name, screen.reporter(request.config), virtual=machines == VIRTUAL)
    with room, _open(_lab(request, topology, evidence), workbench.lease.folder) as built:
        request.config.stash[lab_key] = built
        try:
            yield built
            _hold(request, built, workbench)
        finally:
            del request.config.stash[lab_key]
        if summary := built.summary():
            summaries[str(evidence)] = summary
            workers.report(request.config, summaries)


@pytest.fixture
def wire(lab: Lab) -> Wire:
    """Give the lab's wire, whose expectations are about what comes from the scenario's start on."""
    return lab.wire()


@pytest.fixture(scope="module")
def cluster(lab: Lab) -> Cluster:
    """Give the lab's running cluster: who asks for it starts from there, unless the marker says `start` itself."""
    return lab.cluster


@pytest.fixture
def faults(lab: Lab) -> Faults:
    """Give what the lab is broken with on purpose."""
    return lab.faults


@pytest.fixture
def reproduction(lab: Lab, request: pytest.FixtureRequest) -> Iterator[Reproduction]:
    """Give what runs an incident's schedule on the lab, as often as ``--lab-runs`` says."""
    from harness.incident.reproduction.reproduction import Reproduction  # noqa: PLC0415 - for incidents only

    def tell(outcome: Outcome) -> None:
        request.node.user_properties += outcome.properties().items()
        request.node.user_properties.append((REPRODUCED, str(outcome)))

    with _journals(lab) as journals:
        yield Reproduction(lab, journals, runs=request.config.getoption("--lab-runs"), tell=tell)


def _journals(lab: Lab) -> AbstractContextManager[Journals]:
    """Return what has the journals of a lab's machines: kept here, or by the machines themselves."""
    from harness.incident.reproduction.fetched_journals import FetchedJournals  # noqa: PLC0415 - as above
    from harness.incident.reproduction.journald import Journald  # noqa: PLC0415 - as above
    from harness.machines.namespace import NamespaceMachine  # noqa: PLC0415 - as above

    if not all(isinstance(machine, NamespaceMachine) for machine in lab.machines.values()):
        return nullcontext(FetchedJournals(lab.machines.values()))
    return Journald({name: (machine, lab.evidence / "services" / name) for name, machine in lab.machines.items()})


def _lab(request: pytest.FixtureRequest, topology: Topology, evidence: Path) -> Lab:
    workbench = request.config.stash[workbench_key]
    if marker.machines(request.node) == NAMESPACE:
        from harness.namespace_lab import NamespaceLab  # noqa: PLC0415 - imported when a lab is asked for

        return NamespaceLab(topology, workbench, evidence, start=marker.rung(request.node))
    from harness.virtual_lab import VirtualLab  # noqa: PLC0415 - imported when a lab is asked for

    return VirtualLab(topology, workbench, evidence, screen.display(request.config), start=marker.rung(request.node))


@contextmanager
def _open(lab: Lab, folder: Path) -> Iterator[Lab]:
    """Build the lab; from the beginning it can be entered from another terminal."""
    from harness.reception import Reception  # noqa: PLC0415 - imported when a lab is asked for

    names = [machine.name for machine in lab.topology.machines]
    with Reception(lab.topology.name, names, folder, partial(lab.doors, folder)), lab:
        yield lab


def _hold(request: pytest.FixtureRequest, lab: Lab, workbench: Workbench) -> None:
    """Keep the lab for a while after its last scenario, where the user wants that, and has not interrupted the run."""
    session = request.session
    if session.exitstatus == pytest.ExitCode.INTERRUPTED and not session.shouldstop:  # --stepwise would be the latter
        return
    wanted = request.config.getoption("--lab-hold")
    if wanted == ALWAYS or (wanted == ON_FAILURE and failed_key in request.node.stash):
        from harness.holding import hold  # noqa: PLC0415 - imported when a lab is held

        hold(lab, workbench.lease.folder, options.hold_for(request.config), screen.reporter(request.config))
