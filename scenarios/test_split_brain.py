"""Nine voters at three sites, parted in every shape while clients write through all of them.

Whatever is cut: the minority never commits, no term has two leaders, and nothing that was acknowledged is lost. After
it every member accepts a write, and all agree; the clients go on meanwhile, so that it heals under load.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from harness.checks.minorities import nothing_acknowledged
from harness.checks.recovery import campaigns_held, election_budget, recovered_within
from harness.clients.judging import require
from harness.clients.load import Plan
from harness.clients.rehearsal import rehearsal
from harness.faults.links import Cut
from harness.faults.partitions import Bridge, Deafen, Drop, Isolate, Ring, Split
from harness.topology import ports
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager
    from datetime import timedelta

    from harness.clients.load import Load
    from harness.faults.fault import Fault
    from harness.namespace_lab import NamespaceLab

pytestmark = pytest.mark.lab("nine-voters", machines="any", start="cluster")

ROUND_TRIP = 40 * milliseconds
HEALED_WITHIN = 30 * seconds
SERVED_WITHIN = 60 * seconds
"""Far more campaigns than chance asks for, even where few members can win one."""
RAFT = {"one leader per term", "same entry, same content", "committed entries stay"}
"""The invariants that have to hold whatever is cut."""


@dataclass(frozen=True)
class Cutting:
    """What is cut, who must not commit meanwhile, and who must be served; where that is empty, nobody needs to be."""

    faults: Sequence[Fault]
    minority: Sequence[str] = ()
    served: Sequence[str] = ()


class Floor:
    """The machines by site, and who leads: what shapes are made of."""

    def __init__(self, lab: NamespaceLab) -> None:
        self.lab = lab
        machines = lab.topology.machines
        self.everyone = tuple(one.name for one in machines)
        self.sites = {site: tuple(one.name for one in machines if one.site == site) for site in "abc"}
        self.leader = lab.cluster.leader().name
        self.home = next(site for site, names in self.sites.items() if self.leader in names)
        self.term = lab.cluster.members(via=self.leader).term

    def alone(self, *names: str) -> Cutting:
        """Cut sites or machines that are no majority off from the others."""
        minority = self.lab.machines_of(*names)
        return Cutting([Isolate(names)], minority, self.others(minority))

    def others(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return all other machines."""
        return tuple(one for one in self.everyone if one not in names)

    def budget(self, term: int) -> timedelta:
        """Return how long a majority may take until it commits in a term."""
        assert self.lab.topology.stack is not None
        campaigns = campaigns_held(self.term, term)
        return election_budget(self.lab.topology.stack.raft, round_trip=ROUND_TRIP, campaigns=campaigns)

    @property
    def away(self) -> str:
        """A site that the leader is not at."""
        return "b" if self.home != "b" else "c"


def every_site_alone(floor: Floor) -> Cutting:
    return Cutting([Split(("a",), ("b", "c")), Split(("b",), ("c",))], floor.everyone)


def four_of_nine(floor: Floor) -> Cutting:
    """Part a minority across the sites: the leader, and of each site one more."""
    more = [next(name for name in names if name != floor.leader) for names in floor.sites.values()]
    return floor.alone(floor.leader, *more)


def deaf(floor: Floor) -> Cutting:
    """Let a site be heard and hear nobody: its members campaign, and make the others follow their terms."""
    return Cutting([Deafen(("b",), ("a", "c"))], floor.sites["b"])


def mute(floor: Floor) -> Cutting:
    return Cutting([Deafen(("a", "c"), ("b",))], floor.sites["b"], floor.others(floor.sites["b"]))


def deaf_leader(floor: Floor) -> Cutting:
    """Let the leader's heartbeats still come: the others look for no other one until it steps down."""
    return Cutting([Deafen((floor.leader,), floor.others([floor.leader]))], [floor.leader])


def by_one_machine(floor: Floor) -> Cutting:
    """Let only one machine of another site hear a site, and be heard by it."""
    bridge = floor.sites["b"][0]
    return Cutting([Bridge(("a",), (bridge,), (*floor.sites["b"][1:], "c"))])


def without_raft(floor: Floor) -> Cutting:
    """Let everything pass to and from a site but what Raft says to its peers."""
    faults = [Drop(("b",), "tcp", port) for port in (ports.CHAINFIRE_RAFT, ports.FLAREDB_RAFT)]
    return Cutting(faults, floor.sites["b"], floor.others(floor.sites["b"]))


SHAPES: dict[str, Callable[[Floor], Cutting]] = {
    "site a alone": lambda floor: floor.alone("a"),
    "site b alone": lambda floor: floor.alone("b"),
    "site c alone": lambda floor: floor.alone("c"),
    "the leader's site alone": lambda floor: floor.alone(floor.home),
    "a site without the leader alone": lambda floor: floor.alone(floor.away),
    "a from b": lambda _: Cutting([Split(("a",), ("b",))]),
    "b from c": lambda _: Cutting([Split(("b",), ("c",))]),
    "a from c": lambda _: Cutting([Split(("a",), ("c",))]),
    "the line from a to b": lambda _: Cutting([Cut(("a--b",))]),
    "every site alone": every_site_alone,
    "the leader alone": lambda floor: floor.alone(floor.leader),
    "four of nine": four_of_nine,
    "deaf": deaf,
    "mute": mute,
    "a deaf leader": deaf_leader,
    "over one machine": by_one_machine,
    "a ring": lambda floor: Cutting([Ring(floor.everyone)]),
    "without Raft": without_raft,
}

SMOKE = "the leader's site alone"


@pytest.fixture
def floor(lab: NamespaceLab) -> Floor:
    """Wait until all is well: what the scenario before broke must have nothing to do with what is seen."""
    lab.cluster.wait_until_healthy(within=HEALED_WITHIN)
    return Floor(lab)


def under_load(floor: Floor, name: str) -> AbstractContextManager[Load]:
    """Keep a client busy through each machine, and judge what they saw."""
    plan = Plan(rate=2, seed=floor.lab.seed, name=name)
    return rehearsal(floor.lab.cluster, floor.everyone, folder=floor.lab.evidence / "clients", plan=plan)


@pytest.mark.parametrize(
    "shape",
    [
        pytest.param(shape, id=name.replace(" ", "-"), marks=[pytest.mark.smoke] if name == SMOKE else [])
        for name, shape in SHAPES.items()
    ],
)
def test_a_parted_cluster_keeps_its_promises(
    floor: Floor, shape: Callable[[Floor], Cutting], request: pytest.FixtureRequest
) -> None:
    cutting = shape(floor)
    with under_load(floor, request.node.callspec.id) as clients, ExitStack() as cuts:
        for fault in cutting.faults:
            cuts.enter_context(floor.lab.faults.inject(fault))
        cut = clients.now()
        clients.wait_for(1, since=cut, through=cutting.served, within=SERVED_WITHIN)
        clients.wait_for(3, since=cut, acknowledged=False, within=30 * seconds)
        healing = clients.now()
        silent, served = clients.processes(*cutting.minority), clients.processes(*cutting.served)
        if silent:
            clients.checks.append(lambda history: nothing_acknowledged(history, silent, cut, healing))
        if served:
            budget = floor.budget(floor.lab.cluster.members(via=cutting.served[0]).term)
            clients.checks.append(
                lambda history: recovered_within((one for one in history if one.process in served), cut, budget)
            )


def test_a_site_that_comes_and_goes_leaves_nothing_lost(floor: Floor) -> None:
    flapping = "".join(f"at {2 * number}s isolate b for 1.2s\n" for number in range(5))
    with under_load(floor, "flapping"), floor.lab.faults.run(flapping):
        pass


def test_no_term_had_two_leaders_on_the_wire(lab: NamespaceLab) -> None:
    """Of all that was said before: the wire tells what the members hide."""
    require(one for one in lab.invariants() if one.name in RAFT)
