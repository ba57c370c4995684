"""A lab: a topology that has been built, and what can be done to its network.

That is the same for every kind of machine; `harness.virtual_lab` and `harness.namespace_lab` put machines into it.
"""

from __future__ import annotations

import contextlib
import json
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self, TypeVar

from harness.capture.naming import Names
from harness.capture.notes import Note
from harness.errors import LabError
from harness.faults.scenario import Faults
from harness.network import kinds, plan, policy, routing
from harness.network.hearing import WITHOUT_IPV4, Match
from harness.network.multicast import hub_name
from harness.network.router import Router, add_routes
from harness.network.selection import Directory, LinkSet
from harness.network.state import Rule
from harness.network.tap import host_mac
from harness.network.wiring import UNTAGGED
from harness.sandbox.alarm import Alarm
from harness.sandbox.waiting import HEALTHY, Patience
from harness.trace import captures

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from ipaddress import IPv4Address
    from pathlib import Path
    from types import TracebackType

    from harness.capture.frames import Frame
    from harness.capture.timeline import Timeline
    from harness.checks.verdict import Verdict
    from harness.faults.fault import Fault, Proof
    from harness.machines.doors import Door
    from harness.machines.protocol import Machine
    from harness.network.hearing import Hearing
    from harness.network.protocol import Cut
    from harness.sandbox.netns import NetworkNamespace
    from harness.stacks.protocol import Cluster
    from harness.topology.model import Topology, Vlan
    from harness.wire.watch import Watch
    from harness.wire.wire import Wire
    from harness.wire.wires import Wires
    from harness.workbench import Workbench

M = TypeVar("M")

CHANGES = "changes.jsonl"
INVARIANTS = "invariants.json"
SCENARIO = "scenario"
SCENARIO_INTERFACE = "lab{}"


class Lab(ABC):
    """A topology, built. Use it as a context manager: it is built on entering and taken down on leaving.

    Its machines are off until somebody turns them on. Nothing of it outlives it but its evidence. What the topology
    says of links is in force from the start; a link is there, and can be cut, whether its machine is on or off.
    """

    def __init__(self, topology: Topology, workbench: Workbench, evidence: Path) -> None:
        self.topology = topology
        self.evidence = evidence
        self.patience: Patience = HEALTHY
        """How much slower than a healthy host this one is for the lab's machines."""
        self.alarm = Alarm()
        """Rings where a part of the network dies."""
        settings = workbench.settings
        self.seed = topology.seed if settings.seed is None else settings.seed
        """Where every random choice starts: what a link loses, and when."""
        self.network = kinds.create(
            settings.network, topology, evidence, workbench.namespace, seed=self.seed, on_death=self.alarm.ring
        )
        self.workbench = workbench
        self._directory = Directory(topology)
        self._segments = {(link, tag): vlan.name for vlan in topology.vlans for link, tag in self._stations(vlan)}
        self._names = dict(Names.of(topology).known)
        self._rules: list[Rule] = []
        self._undo = contextlib.ExitStack()

    @property
    @abstractmethod
    def machines(self) -> Mapping[str, Machine]:
        """The machines, by name."""

    @property
    @abstractmethod
    def cluster(self) -> Cluster:
        """The means to ask the cluster that the machines form. Raises `LabError` where the topology has no stack."""

    @abstractmethod
    def build(self, undo: contextlib.ExitStack) -> None:
        """Build what stands on the network, and have `undo` take it down again."""

    @abstractmethod
    def doors(self, folder: Path) -> Mapping[str, Door]:
        """Return how machines that are on are entered now; what that takes is written into the folder."""

    def __enter__(self) -> Self:
        """Build the network and what stands on it. What was built is taken down where that fails."""
        try:
            self._undo.enter_context(self.alarm)
            self._undo.callback(self.network.stop)
            self.network.start()
            self._undo.callback(captures.withdraw, self.workbench.lease.folder)
            kinds.lay_out(self.network, self.topology)
            self._announce()
            self._start_routers()
            self._wire_scenario()
            self.build(self._undo)
        except BaseException:
            self._undo.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            try:
                self._note_changes()
                self._note_invariants()
            finally:  # whatever keeps the evidence from being written: nothing is left standing for that
                self._undo.close()
        except LabError:
            if self.alarm.rung is None:  # else it is a consequence of what was told then
                raise

    def summary(self) -> str:
        """Return what is worth saying of the lab at its end."""
        return f"{self.topology.name}: seed {self.seed} (--lab-seed), {len(self.network.changes)} changes to links"

    def links(self, *names: str) -> LinkSet:
        """Return the links that names stand for, to be cut or impaired together.

        Of a machine these are its cards', of a switch its cables, of a site its lines to other sites; a link's own name
        is ``node01/eth1``, ``core--tor1`` or ``a--b``. Raises `LabError` for a name that means nothing.
        """
        links = [self.network.links[name] for name in self._directory.links_of(*names)]
        return LinkSet(links, show_carrier=self.show_carrier)

    def machines_of(self, *names: str) -> tuple[str, ...]:
        """Return the machines that machines, sites, and sets of them mean. Raises `LabError` for any other name."""
        return self._directory.machines_of(*names)

    def show_carrier(self, link: str, *, on: bool) -> None:
        """Let a machine see its cable plugged in or pulled, where its network can't show it. None here needs that."""
        del link, on

    @cached_property
    def faults(self) -> Faults:
        """What it is broken with on purpose."""
        return Faults(self, self._note_fault)

    def define(self, name: str, *members: str) -> None:
        """Give a set of machines, links, switches or sites a name that `links` and `deafen` know from now on."""
        self._directory.define(name, *members)

    def deafen(self, who: Hearing, *, only: Match | None = None) -> Cut:
        """Keep some from hearing others, until it is healed: `harness.network.hearing` has the shapes.

        What routers pass on from those others is not heard, either: it is known by its source address. Ends are cards,
        machines, what is plugged into switches or stands in sites, or sets. Raises `LabError` for any other name.
        """
        rule = Rule(self.network, (self._directory.hearing(who), only), *self._beyond_routers(who, only or Match()))
        self._rules.append(rule)
        return rule

    def _beyond_routers(self, who: Hearing, only: Match) -> Iterator[tuple[Hearing, Match]]:
        """Yield the parts of a rule that are about what routers pass on."""
        if only.protocol in WITHOUT_IPV4:
            return
        for speakers, listeners in self._directory.routed(who).items():
            if sources := (only.sources & speakers if only.sources else speakers):
                yield listeners, replace(only, sources=sources)

    def wire(self, *where: str) -> Wire:
        """Return the wire, decoded: of all VLANs, or of those that are named, each frame once, as it came to a switch.

        Where machines, cards, switches, sites or sets are named, it is of their links, both ways, as what came through
        there. Its expectations begin now. Raises `LabError` for a name that means nothing.
        """
        if all(name in self._segments.values() for name in where):
            every = self._wires.of_vlans()
            return every.on(*where) if where else every
        return self._wires.of_links(*self._directory.links_of(*where))

    def invariants(self) -> list[Verdict]:
        """Return what holds of the cluster on the wire, a verdict for each invariant; none without a stack.

        They are about everything since the lab was built, or since a checkpoint was restored.
        """
        return self._watch.verdicts() if self.topology.stack is not None else []

    def capture(self, target: Path, *names: str) -> int:
        """Write what passed some links until now, all where none is named, into a capture; return how many frames.

        What the harness did is in it. Names are as for `links`. Raises `LabError` for one that means nothing, and
        `OSError` where the file can't be written.
        """
        from harness.capture.files.extract import extract  # noqa: PLC0415 - loaded when it is asked for
        from harness.capture.views import at_links  # noqa: PLC0415 - as above

        wanted = at_links(self._directory.links_of(*names))
        self.network.flush()
        return extract(self.network.captures, target, lambda frame: not names or wanted(frame) is not None)

    def frames(self, vlan: str | None = None) -> list[Frame]:
        """Return the frames that were sent on a VLAN (the first, where none is named) until now; each once.

        What a link kept from getting to its switch is not among them: the link's counters have it. Raises `LabError`
        for any other name.
        """
        from harness.capture.views import of_segment  # noqa: PLC0415 - loaded when it is asked for

        name = vlan or self.topology.vlans[0].name
        if name not in {one.name for one in self.topology.vlans}:
            raise LabError(f"{name!r} is no VLAN of this lab")
        return list(of_segment(self._captured(), name, self._members(name)))

    def heard(self, *names: str) -> list[Frame]:
        """Return the frames that came to machines, or to single cards, until now, as they were on the cable.

        Raises `LabError` for a name that means nothing.
        """
        links = self._directory.cards_of(*names)
        return [frame for frame in self._captured() if frame.direction == "out" and frame.link in links]

    def spoken(self, port: int) -> Timeline:
        """Return what machines said over a TCP port until now, wherever it was routed to, decoded; each frame once."""
        from harness.capture.timeline import Timeline  # noqa: PLC0415 - as above
        from harness.capture.views import spoken  # noqa: PLC0415 - loaded when it is asked for

        cards = {f"{machine.name}/{nic.name}" for machine in self.topology.machines for nic in machine.nics}
        return Timeline.from_frames(spoken(self._captured(), cards, port))

    def wire_host(self, name: str, place: NetworkNamespace, vlan: str, interface: str, address: IPv4Address) -> None:
        """Put a host of the harness into a VLAN: an interface in its namespace, with an address of the subnet.

        Its link is called ``NAME/VLAN``. Raises `HostError` where interfaces can't be made here.
        """
        link = f"{name}/{vlan}"
        self.network.wire(place, {link: plan.host(self.topology, vlan, interface, host_mac(address), address)})
        self._segments[link, UNTAGGED] = vlan
        self._names |= {host_mac(address): name, str(address): name}
        self._announce()

    def note(self, what: str, *who: str, details: str = "") -> None:
        """Have the capture say, where it is now, what was done to whom: Wireshark shows it between the frames."""
        with contextlib.suppress(LabError):  # a network that is gone has told so by itself
            self.network.note(Note(what, who, details))

    def _announce(self) -> None:
        """Leave word of the captures, for whoever wants to read along."""
        folder, network = self.workbench.lease.folder, self.network
        captures.announce(folder, self.topology.name, network.captures, network.links)

    def _note_fault(self, what: str, fault: Fault, proof: Proof | None) -> None:
        """Have the capture say that a fault was injected or healed, and whether it bit."""
        from harness.faults.words import describe  # noqa: PLC0415 - loaded when something is broken

        self.note(f"fault {what}", details="; ".join([describe(fault), *([str(proof)] if proof else [])]))

    def unwire_host(self, name: str, vlan: str) -> None:
        """Pull out the card of a host that `wire_host` has put into a VLAN; its link stays."""
        self.network.unplug([f"{name}/{vlan}"])

    def _note_changes(self) -> None:
        """Leave what was done to links in the evidence, a line of JSON each, on the capture's clock."""
        lines = [json.dumps(asdict(change)) for change in self.network.changes]
        (self.evidence / CHANGES).write_text("".join(f"{line}\n" for line in lines))

    def _note_invariants(self) -> None:
        """Leave what is known of the cluster's invariants in the evidence, where somebody has asked for them."""
        if "_watch" in self.__dict__:
            known = [{"name": one.name, "valid": one.valid, "because": one.because} for one in self.invariants()]
            (self.evidence / INVARIANTS).write_text(json.dumps(known, indent=1))

    def _captured(self) -> Iterator[Frame]:
        """Yield every frame of every capture until now."""
        from harness.capture.files.reader import frames  # noqa: PLC0415 - loaded when it is asked for

        self.network.flush()
        for capture in self.network.captures:
            yield from frames(capture)

    def _members(self, vlan: str) -> dict[str, int]:
        """Return every link by which frames of a VLAN come to a switch, and their tag there."""
        return {link: tag for (link, tag), name in self._segments.items() if name == vlan}

    def _stations(self, vlan: Vlan) -> Iterator[tuple[str, int]]:
        """Yield the links of a VLAN's machines, each with the tag that its frames have there."""
        yield from plan.tags(self.topology, vlan.name).items()
        if vlan.multicast is not None:
            yield hub_name(vlan.multicast), UNTAGGED

    @cached_property
    def _wires(self) -> Wires:
        from harness.wire.wires import Wires  # noqa: PLC0415 - decoders are loaded when they are asked for

        wires = Wires(self.network, self._segments, Names(self._names), self.evidence, self.patience)
        self._undo.callback(wires.close)
        return wires

    @cached_property
    def _watch(self) -> Watch:
        relays = frozenset(link for router in routing.routers(self.topology) for link in router.cards)
        return self._wires.watch(self.topology, relays)

    def _wire_scenario(self) -> None:
        """Put the scenario itself on the VLANs where it has an address."""
        for number, vlan in enumerate(self.topology.vlans):
            if vlan.scenario_address is not None:
                interface = SCENARIO_INTERFACE.format(number)
                self.wire_host(SCENARIO, self.workbench.namespace, vlan.name, interface, vlan.scenario_address)
        ways = routing.ways_of_scenario(self.topology)
        self.workbench.namespace.run(lambda: add_routes(ways))

    def _start_routers(self) -> None:
        """Plug in the routers, and let through what the topology's flows say."""
        rules = policy.ruleset(self.topology)
        for planned in routing.routers(self.topology):
            self._undo.enter_context(Router(planned, self.network, rules))
            self._segments |= {(link, UNTAGGED): vlan for link, vlan in planned.vlans.items()}
            self._names |= {card.mac: link.partition("/")[0] for link, card in planned.cards.items()}


def side_by_side(action: Callable[[M], None], machines: Collection[M]) -> None:
    """Do something to all machines at once, and wait for all. Raises what went wrong, together.

    Where the wait is ended by something else, those that are not done are left to themselves.
    """
    pool = ThreadPoolExecutor(max_workers=max(1, len(machines)), thread_name_prefix="harness-lab")
    futures = [pool.submit(action, machine) for machine in machines]
    try:
        wait(futures)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    errors = [error for future in futures if isinstance(error := future.exception(), Exception)]
    if errors:
        raise ExceptionGroup(f"{len(errors)} of {len(machines)} machines failed", errors)
