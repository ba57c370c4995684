"""What must hold of the stack's voters: how many they are, where they stand, and at which address they say they are."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from harness.topology.cluster_config import members, stack_address
from harness.topology.findings import Finding
from harness.topology.holdings import cards_of, places_of_names
from harness.topology.network_scalars import Socket
from harness.topology.ports import CHAINFIRE_RAFT
from harness.topology.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.location import Location
    from harness.topology.model import StackSpec, Topology


def quorum_findings(topology: Topology) -> Iterator[Finding]:
    """Find what would cost the stack its quorum. Says nothing of a stack whose members are not all there."""
    stack = topology.stack
    if stack is None:
        return
    yield from _misdirected(topology)
    voters = members(topology)
    silent = [i for i, name in enumerate(stack.bootstrap) if name not in voters]
    if not silent and len(set(stack.bootstrap)) == len(stack.bootstrap):
        yield from _even(topology, stack, voters)
        yield from _at_one_site(topology, stack, voters)
    for i in silent:
        yield from _without_a_vote(topology, stack.bootstrap[i], i)


def majority(voters: int) -> int:
    """Return how many of so many voters make a quorum."""
    return voters // 2 + 1


def _positions(topology: Topology) -> dict[str, int]:
    return {machine.name: i for i, machine in enumerate(topology.machines)}


def _grounds(topology: Topology) -> tuple[Location, ...]:
    """Return all that says who votes."""
    places = [
        place for i in range(len(topology.machines)) for place in (("machines", i, "voter"), *cards_of(topology, i))
    ]
    says: tuple[Location, ...] = (("stack", "vlan"), ("stack", "other_vlans"), ("stack", "bootstrap"))
    return (*says, *places, *places_of_names(topology, "machines"))


def _without_a_vote(topology: Topology, name: str, i: int) -> Iterator[Finding]:
    at = _positions(topology).get(name)
    if at is not None and not topology.machines[at].voter:
        message = f"{quote(name)} shall form the cluster, and has no vote"
        rests_on: tuple[Location, ...] = (("machines", at, "name"),)
        yield Finding(("stack", "bootstrap", i), message, "a voter", ("machines", at, "voter"), rests_on)


def _even(topology: Topology, stack: StackSpec, voters: tuple[str, ...]) -> Iterator[Finding]:
    count = len(voters)
    if count % 2 or stack.even_voters:
        return
    tolerated = count - majority(count)
    message = (
        f"{quote(voters[-1])} makes {count} voters, which tolerate {tolerated or 'no'} failure{'s' * (tolerated != 1)}"
    )
    expected = f"an odd number ({count - 1} tolerate as many), or 'even_voters: true' in the stack"
    at: Location = ("machines", _positions(topology)[voters[-1]], "voter")
    yield Finding(at, message, expected, ("stack", "bootstrap"), (*_grounds(topology), ("stack", "even_voters")))


def _at_one_site(topology: Topology, stack: StackSpec, voters: tuple[str, ...]) -> Iterator[Finding]:
    if stack.survives != "site":
        return
    sites = [topology.machine(name).site for name in voters]
    site, count = Counter(sites).most_common(1)[0]
    left = len(voters) - count
    if left < majority(len(voters)):
        message = f"the loss of site {quote(str(site))} leaves {left} of {len(voters)} voters, too few for a quorum"
        expected = f"voters over the sites, at most {len(voters) - majority(len(voters))} in each"
        see: Location = ("machines", _positions(topology)[voters[sites.index(site)]], "site")
        places: list[Location] = [("machines", i, "site") for i in range(len(topology.machines))]
        yield Finding(("stack", "survives"), message, expected, see, (*_grounds(topology), *places))


def _misdirected(topology: Topology) -> Iterator[Finding]:
    """Find Raft addresses that are not the machine's own."""
    for i, machine in enumerate(topology.machines):
        try:
            own = Socket(stack_address(topology, machine.name), CHAINFIRE_RAFT)
        except LookupError:
            continue
        if machine.raft_addr is not None and machine.raft_addr != own:
            message = f"Raft of {quote(machine.name)} at {machine.raft_addr}, but the machine is {own.address}"
            rests_on: tuple[Location, ...] = (("machines", i, "name"), *_grounds(topology))
            yield Finding(("machines", i, "raft_addr"), message, str(own), _card(topology, i, own), rests_on)


def _card(topology: Topology, i: int, own: Socket) -> Location:
    for j, nic in enumerate(topology.machines[i].nics):
        if nic.untagged_address == own.address:
            return ("machines", i, "nics", j, "address")
        for k, one in enumerate(nic.tagged):
            if one.address == own.address:
                return ("machines", i, "nics", j, "tagged", k, "address")
    return ("machines", i, "nics")
