"""What must hold of machines' names, and of the stack that runs on them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from harness.topology.findings import Finding, repeated
from harness.topology.holdings import cards_of, places_of_names, vlans_of
from harness.topology.scalars import format_exactly
from harness.topology.wording import choice, quote
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.location import Location
    from harness.topology.model import StackSpec, Topology

# etcd refuses to start outside these bounds (embed/config.go, Validate; its flags count whole milliseconds).
MIN_HEARTBEAT = 1 * milliseconds
HEARTBEATS_PER_ELECTION = 5
MAX_ELECTION_TIMEOUT = 50 * seconds

BOOTSTRAP: Location = ("stack", "bootstrap")


def stack_findings(topology: Topology) -> Iterator[Finding]:
    """Find what is wrong with machines' names, and with the stack."""
    yield from repeated(_hosts(topology), "machine name")
    if topology.stack is None:
        return
    yield from repeated((((*BOOTSTRAP, i), name) for i, name in enumerate(topology.stack.bootstrap)), "machine")
    yield from _unknown_machines(topology, topology.stack)
    yield from _detached(topology, topology.stack)
    yield from _raft(topology.stack)


def _hosts(topology: Topology) -> Iterator[tuple[Location, str]]:
    if topology.boot_server is not None:
        yield ("boot_server", "name"), topology.boot_server.name
    for i, machine in enumerate(topology.machines):
        yield ("machines", i, "name"), machine.name


def _unknown_machines(topology: Topology, stack: StackSpec) -> Iterator[Finding]:
    known = [machine.name for machine in topology.machines]
    for i, name in enumerate(stack.bootstrap):
        if name not in known:
            message = f"no machine is called {quote(name)}"
            rests_on = places_of_names(topology, "machines")
            yield Finding((*BOOTSTRAP, i), message, choice(known), rests_on=rests_on)


def _detached(topology: Topology, stack: StackSpec) -> Iterator[Finding]:
    """Find bootstrap members without a card in a VLAN of the stack."""
    if not set(stack.vlans) <= {vlan.name for vlan in topology.vlans}:
        return
    for i, name in enumerate(stack.bootstrap):
        for j, machine in enumerate(topology.machines):
            if machine.name == name and vlans_of(machine).isdisjoint(stack.vlans):
                message = f"{quote(name)} has no network card in VLAN {quote(stack.vlan)} of the stack"
                says: tuple[Location, ...] = (("stack", "vlan"), ("stack", "other_vlans"), ("machines", j, "name"))
                rests_on = (*says, *cards_of(topology, j), *places_of_names(topology, "vlans"))
                yield Finding((*BOOTSTRAP, i), message, "a machine with one", ("machines", j, "nics"), rests_on)


def _raft(stack: StackSpec) -> Iterator[Finding]:
    heartbeat, timeout = ("stack", "raft", "heartbeat"), ("stack", "raft", "election_timeout")
    for location, duration in ((heartbeat, stack.raft.heartbeat), (timeout, stack.raft.election_timeout)):
        if duration < MIN_HEARTBEAT or duration % timedelta(milliseconds=1):
            yield Finding(location, f"a timer of {format_exactly(duration)}", "whole milliseconds, 1 or more")
    least = HEARTBEATS_PER_ELECTION * stack.raft.heartbeat
    if not least <= stack.raft.election_timeout <= MAX_ELECTION_TIMEOUT:
        message = f"an election timeout of {format_exactly(stack.raft.election_timeout)}"
        expected = f"{format_exactly(least)} (5 heartbeats) to {format_exactly(MAX_ELECTION_TIMEOUT)}"
        yield Finding(timeout, message, expected, heartbeat)
