"""Our switch against the kernel's bridge: the same frames at the same ports come out of the same ports, tagged alike.

What the two do differently on purpose (docs/networks.md, "The switch") is not drawn, and pinned at the end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.network import tags
from harness.network.bridge import filter as rules
from harness.network.bridge.features import probe
from harness.network.bridge.nftables import Nftables
from harness.network.bridge.plant import Plant
from harness.network.ports import Access, PortMode, Trunk
from harness.network.station import Station
from harness.network.switch.core import SwitchCore
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from tests.network.switch.forwarding import forward

pytestmark = pytest.mark.kernel

EXAMPLES, LONGEST = 100, 20
VLANS, APART = (10, 20, 30), 99
STATIONS = [bytes.fromhex(f"5254000000{n:02x}") for n in range(1, 5)]
EVERYONE, GROUP, UNKNOWN, RESERVED = b"\xff" * 6, b"\x01\x00\x5e\0\0\1", b"\x52\x54\0\0\0\x63", b"\1\x80\xc2\0\0\0"
NOBODY = bytes(6)
EXPERIMENTAL = b"\x88\xb5"
SERVICE = b"\x88\xa8"

Sent = tuple[int, bytes]


class Step(NamedTuple):
    """A frame, and the port where it comes in; the port is taken modulo their number."""

    port: int
    frame: bytes


@st.composite
def trunks(draw: st.DrawFn) -> Trunk:
    native = draw(st.none() | st.sampled_from(VLANS))
    tagged = draw(st.sets(st.sampled_from(VLANS), min_size=native is None)) - {native}
    return Trunk(frozenset(tagged), native)


@st.composite
def frames(draw: st.DrawFn) -> bytes:
    control = st.builds(lambda vlan, priority: (priority << 12 | vlan).to_bytes(2, "big"), vlans, st.integers(0, 15))
    to = draw(st.sampled_from([*STATIONS, EVERYONE, GROUP, UNKNOWN, RESERVED]))
    source = draw(st.sampled_from([*STATIONS, *STATIONS, *STATIONS, GROUP, NOBODY]))
    kinds = draw(st.sampled_from([(), (), (tags.TPID,), (tags.TPID,), (SERVICE,), (tags.TPID, SERVICE)]))
    stack = b"".join(kind + draw(control) for kind in kinds)
    return to + source + stack + EXPERIMENTAL + draw(st.binary(max_size=4)).ljust(46, b"\0")


vlans = st.sampled_from([0, *VLANS, *VLANS, 40, 4094, 4095])
modes = st.lists(st.builds(Access, st.sampled_from(VLANS)) | trunks(), min_size=2, max_size=5)
steps = st.lists(st.builds(Step, st.integers(0, 59), frames()), min_size=1, max_size=LONGEST)


class Bridge:
    """A real bridge with a station at the far end of each port, and a pair of them in a VLAN of their own."""

    def __init__(self, machine: NetworkNamespace, plant: Plant, ports: Sequence[PortMode], undo: ExitStack) -> None:
        plugged = [*ports, Access(APART), Access(APART)]
        cards = {f"link{n}": Card(f"eth{n}", f"02:00:00:00:00:{n:02x}", mode) for n, mode in enumerate(plugged)}
        plant.wire(machine, cards)
        made = [undo.enter_context(Station(machine, card.name)) for card in cards.values()]
        self.stations, self._near, self._far = made[:-2], made[-2], made[-1]

    def outputs(self, sequence: Sequence[Step]) -> dict[int, list[bytes]]:
        """Send frames, and return what came out of each port.

        The kernel takes frames of one processor in order, so what comes after all has come after all copies.
        """
        for port, frame in sequence:
            self.stations[port].send(frame)
        self._near.send(EVERYONE + STATIONS[0] + EXPERIMENTAL + bytes(46))
        wait_until("the last frame", self._far.hear, within=timedelta(seconds=10), interval=timedelta(milliseconds=1))
        return {n: [heard.frame for heard in station.hear()] for n, station in enumerate(self.stations)}


@pytest.fixture(scope="module")
def machine() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        yield made


@pytest.fixture(scope="module")
def home() -> Iterator[NetworkNamespace]:
    with NetworkNamespace.create() as made:
        Nftables(made).run(rules.table("differential", vlans=True))
        yield made


@contextmanager
def bridge(home: NetworkNamespace, machine: NetworkNamespace, ports: Sequence[PortMode]) -> Iterator[Bridge]:
    with ExitStack() as undo:
        plant = Plant(home, probe())
        undo.callback(plant.close)
        yield Bridge(machine, plant, ports, undo)


def ours(ports: Sequence[PortMode], sequence: Sequence[Step]) -> dict[int, list[bytes]]:
    """Return what comes out of our switch."""
    core = SwitchCore()
    for number, mode in enumerate(ports):
        core.add(number, mode)
    leaving: Mapping[int, list[bytes]] = {number: [] for number in range(len(ports))}
    for now, (port, frame) in enumerate(sequence):
        for out, copy in forward(core, port, frame, now / 1000):
            leaving[out].append(copy)
    return dict(leaving)


@settings(max_examples=EXAMPLES, derandomize=True, database=None)
@given(ports=modes, drawn=steps)
def test_frames_leave_by_the_same_ports_with_the_same_tags(
    home: NetworkNamespace, machine: NetworkNamespace, ports: list[PortMode], drawn: list[Step]
) -> None:
    sequence = [Step(step.port % len(ports), step.frame) for step in drawn]
    with bridge(home, machine, ports) as real:
        assert real.outputs(sequence) == ours(ports, sequence)


def test_both_move_a_station_that_is_heard_elsewhere(home: NetworkNamespace, machine: NetworkNamespace) -> None:
    ports: list[PortMode] = [Access(10), Access(10), Access(10)]
    plain = EXPERIMENTAL + bytes(46)
    to, by = STATIONS[0], STATIONS[1]
    learnt = Step(1, EVERYONE + to + plain)
    moved = Step(2, EVERYONE + to + plain)
    asked = Step(0, to + by + plain)
    with bridge(home, machine, ports) as real:
        sequence = [learnt, asked, moved, asked]
        found = real.outputs(sequence)
    assert found == ours(ports, sequence)
    assert [asked.frame in found[port] for port in (1, 2)] == [True, True]


@pytest.mark.parametrize("inner,outer", [(10, 10), (10, 20), (20, 10)])
def test_a_tag_behind_a_tag_is_dropped_by_both_kinds_though_a_bridge_alone_lets_it_pass(
    machine: NetworkNamespace, home: NetworkNamespace, inner: int, outer: int
) -> None:
    ports: list[PortMode] = [Trunk(frozenset(VLANS)), Access(outer), Trunk(frozenset(VLANS))]
    step = Step(0, EVERYONE + STATIONS[0] + tags.tag(outer) + tags.tag(inner) + EXPERIMENTAL + bytes(46))
    with bridge(home, machine, ports) as real:
        assert real.outputs([step]) == ours(ports, [step]) == {0: [], 1: [], 2: []}
    with NetworkNamespace.create() as unfiltered, bridge(unfiltered, machine, ports) as alone:
        assert alone.outputs([step])[1], "the tag in front is taken off, and the one behind is in its place"
