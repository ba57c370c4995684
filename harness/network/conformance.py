"""What every kind of network must do, as tests: import them beside a fixture ``make_network`` of your own.

    from harness.network.conformance import *

    @pytest.fixture
    def make_network(tmp_path):
        ...yield a function that returns a running `Wired`

Each test sends raw frames between cards in namespaces. Where it says that a frame is not heard, a later frame that
must be heard is waited for, never a span of time.
"""

# ruff: noqa: S101 - these are tests, which pytest runs

from __future__ import annotations

import itertools
import os
import select
import statistics
import struct
import time
from contextlib import ExitStack
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from harness.capture.notes import Note, is_note, parse
from harness.capture.reader import frames
from harness.network.hearing import Hearing, Match, isolate, one_way
from harness.network.impairment import Impairment
from harness.network.ports import Access, PortMode, Trunk
from harness.network.station import Heard, Station
from harness.network.switch import tags
from harness.network.switch.checksum import finished, ones_sum
from harness.network.transit import Interface, percentile, transits
from harness.network.wiring import SWITCH, Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.stalls import StallWatch
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from harness.capture.frames import Frame

__all__ = ["TestCables", "TestCapture", "TestControl", "TestTruth", "TestVlans", "floor"]

TEN, TWENTY, THIRTY = 10, 20, 30
VLANS = (TEN, TWENTY, THIRTY)
EXPERIMENTAL = b"\x88\xb5"
"""The EtherType for local experiments (IEEE 802, clause 9.2.3): no kernel sends it by itself."""

EVERYONE = b"\xff" * 6
GROUP = bytes.fromhex("01005e000001")
SOON = 5 * seconds
CARD = "eth0"


class Wired(Protocol):
    """What the suite asks of a network, but for `TestCables` and `TestCapture`, which want a whole `Network`."""

    @property
    def links(self) -> Mapping[str, Any]:
        """Every link, by its name."""

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> object:
        """Make cards in a namespace and plug them in."""

    def deafen(self, who: Hearing, *, only: Match | None = None) -> AbstractContextManager[Any]:
        """Keep links from hearing others."""


def mac(number: int) -> bytes:
    """Return the address of the card with that number."""
    return bytes.fromhex("525400000000")[:5] + bytes([number])


class End:
    """A machine with one card: its stations by VLAN, 0 for the interface without a tag."""

    def __init__(
        self,
        number: int,
        place: NetworkNamespace,
        stations: dict[int, Station],
        link: Any,  # noqa: ANN401 - any kind's
    ) -> None:
        self.mac = mac(number)
        self.interface = Interface(place, CARD, self.mac)
        self.stations = stations
        self.link = link
        self.heard: list[bytes] = []
        self.times: list[Heard] = []

    def frame(self, to: bytes, body: bytes, tag: bytes = b"") -> bytes:
        """Return a frame from this machine."""
        return to + self.mac + tag + EXPERIMENTAL + body.ljust(46, b"\0")

    def send(self, to: bytes, body: bytes, *, vlan: int = 0, tag: bytes = b"") -> None:
        """Send a frame from the interface of a VLAN, 0 for the one without a tag."""
        self.stations[vlan].send(self.frame(to, body, tag))

    def hears(self, body: bytes) -> bool:
        """Say whether a frame with that body was heard by now."""
        self.listen()
        return any(body in frame for frame in self.heard)

    def listen(self) -> None:
        """Take in what was heard."""
        for station in self.stations.values():
            new = station.hear()
            self.times += new
            self.heard += [one.frame for one in new]


class Floor:
    """A network and the machines on it."""

    def __init__(self, network: Any, undo: ExitStack) -> None:  # noqa: ANN401 - `Wired`, or more
        self.network = network
        self._undo = undo
        self._numbers = itertools.count(1)

    def end(self, mode: PortMode, switch: str = SWITCH) -> End:
        """Plug in one more machine."""
        number = next(self._numbers)
        place = self._undo.enter_context(NetworkNamespace.create())
        card = Card(CARD, mac(number).hex(":"), mode, switch=switch)
        name = f"end{number}"
        self.network.wire(place, {name: card})
        stations = {
            tag: self._undo.enter_context(Station(place, interface)) for tag, interface in card.interfaces().items()
        }
        return End(number, place, stations, self.network.links[name])


@pytest.fixture
def floor(make_network: Callable[[], AbstractContextManager[Wired]]) -> Iterator[Floor]:
    """Return a network without machines."""
    with ExitStack() as undo:
        yield Floor(undo.enter_context(make_network()), undo)


def packet(source: str, body: bytes) -> bytes:
    """Return an IPv4 packet to everyone, of a protocol for experiments (RFC 3692), from a source."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 1, 253, 0)
    addresses = IPv4Address(source).packed + b"\xff" * 4
    return head[:10] + finished(ones_sum(head + addresses), 10) + addresses + body


def expect(end: End, body: bytes) -> None:
    """Wait until a frame with that body was heard. Raises `NotSeen`."""
    wait_until(f"{body!r}", lambda: end.hears(body), within=SOON, interval=1 * milliseconds)


class TestVlans:
    """Who hears whom."""

    @pytest.mark.parametrize("to", [EVERYONE, GROUP, mac(99)], ids=["broadcast", "multicast", "unknown"])
    def test_a_frame_is_heard_in_its_vlan_and_nowhere_else(self, floor: Floor, to: bytes) -> None:
        """Flooding stays within the VLAN."""
        one, same, other, witness = (floor.end(Access(vlan)) for vlan in (TEN, TEN, TWENTY, TWENTY))
        one.send(to, b"mine")
        expect(same, b"mine")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not other.hears(b"mine")
        assert not one.hears(b"mine"), "nobody hears himself"

    @pytest.mark.parametrize("vlan", [TWENTY, THIRTY, 4095])
    def test_a_forged_tag_leads_nowhere(self, floor: Floor, vlan: int) -> None:
        """A tag of another VLAN on an access port, alone or behind the port's own."""
        one, same, other, witness = (floor.end(Access(v)) for v in (TEN, TEN, TWENTY, TWENTY))
        one.send(EVERYONE, b"forged", tag=tags.tag(vlan))
        one.send(EVERYONE, b"stacked", tag=tags.tag(TEN) + tags.tag(vlan))
        one.send(EVERYONE, b"honest")
        expect(same, b"honest")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not any(end.hears(body) for end in (same, other) for body in (b"forged", b"stacked"))

    def test_a_priority_tag_is_of_the_port_s_own_vlan(self, floor: Floor) -> None:
        """VLAN 0 is no VLAN."""
        one, same = floor.end(Access(TEN)), floor.end(Access(TEN))
        one.send(EVERYONE, b"urgent", tag=tags.tag(0, 0b1010))
        expect(same, b"urgent")

    def test_a_trunk_carries_its_vlans_and_no_others(self, floor: Floor) -> None:
        """Each VLAN is heard at its own interface, the native one without a tag."""
        trunk = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY))
        ends = {vlan: floor.end(Access(vlan)) for vlan in (TEN, TWENTY, THIRTY, 40)}
        bodies = {vlan: f"from {vlan}".encode() for vlan in ends}
        for vlan in (40, TEN, TWENTY, THIRTY):
            ends[vlan].send(EVERYONE, bodies[vlan])
        for interface, vlan in ((TEN, TEN), (TWENTY, TWENTY), (0, THIRTY)):
            trunk.send(EVERYONE, b"answer", vlan=interface)
            expect(ends[vlan], b"answer")
            expect(trunk, bodies[vlan])
        assert not trunk.hears(bodies[40])
        assert not ends[40].hears(b"answer")

    def test_a_station_is_learnt_and_found_after_it_moved(self, floor: Floor) -> None:
        """A frame to a known station is nobody else's."""
        one, two, three = (floor.end(Access(TEN)) for _ in range(3))
        two.send(EVERYONE, b"here")
        expect(one, b"here")
        one.send(two.mac, b"private")
        expect(two, b"private")
        three.stations[0].send(EVERYONE + two.mac + EXPERIMENTAL + b"moved".ljust(46, b"\0"))
        expect(one, b"moved")
        one.send(two.mac, b"again")
        expect(three, b"again")
        assert not three.hears(b"private")
        assert not two.hears(b"again")

    def test_reserved_groups_are_not_forwarded(self, floor: Floor) -> None:
        """802.1Q, table 8-1."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        for last in (1, 2, 3, 14):
            one.send(bytes.fromhex("0180c20000") + bytes([last]), b"reserved")
        one.send(EVERYONE, b"later")
        expect(two, b"later")
        assert not two.hears(b"reserved")


class TestControl:
    """What is done to links and to hearing at run time."""

    def test_a_cut_has_a_direction(self, floor: Floor) -> None:
        """What one end does not hear, the other still does."""
        one, two, three = (floor.end(Access(TEN)) for _ in range(3))
        two.link.cut(directions=["down"])
        one.send(EVERYONE, b"lost")
        expect(three, b"lost")
        two.send(EVERYONE, b"still heard")
        expect(one, b"still heard")
        assert two.link.counters().down["cut"] >= 1
        two.link.restore()
        one.send(EVERYONE, b"back")
        expect(two, b"back")
        assert not two.hears(b"lost")

    def test_a_cut_link_is_restored(self, floor: Floor) -> None:
        """With its carrier."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        two.link.cut()
        assert two.link.is_cut("up")
        assert two.link.is_cut("down")
        two.link.restore()
        one.send(EVERYONE, b"back")
        expect(two, b"back")

    def test_an_impairment_is_replaced_whole_and_read_back(self, floor: Floor) -> None:
        """0 and not set differ."""
        link = floor.end(Access(TEN)).link
        link.impair(Impairment(delay=5 * milliseconds, loss=0.0), directions=["up"])
        link.impair(Impairment(rate=1_000_000), directions=["down"])
        assert link.impairment("up") == Impairment(delay=5 * milliseconds, loss=0.0)
        assert link.impairment("down") == Impairment(rate=1_000_000)
        link.impair(Impairment(loss=0.5))
        assert link.impairment("up") == link.impairment("down") == Impairment(loss=0.5)

    def test_who_is_isolated_is_heard_by_nobody_until_it_is_healed(self, floor: Floor) -> None:
        """And the rule counts."""
        ends = {f"end{number}": floor.end(Access(TEN)) for number in (1, 2, 3)}
        with floor.network.deafen(isolate(["end1"], list(ends))) as rule:
            ends["end1"].send(EVERYONE, b"alone")
            ends["end2"].send(EVERYONE, b"together")
            expect(ends["end3"], b"together")
            assert rule.dropped() >= 3  # noqa: PLR2004 - to two others, and from one
        ends["end1"].send(EVERYONE, b"back")
        expect(ends["end2"], b"back")
        assert not ends["end2"].hears(b"alone")
        assert not ends["end1"].hears(b"together")

    def test_a_rule_may_be_about_a_part_of_the_traffic(self, floor: Floor) -> None:
        """ARP is dropped, the rest is heard."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        with floor.network.deafen(one_way(["end2"], ["end1"]), only=Match("arp")) as rule:
            one.stations[0].send(EVERYONE + one.mac + b"\x08\x06" + b"who has".ljust(46, b"\0"))
            one.send(EVERYONE, b"the rest")
            expect(two, b"the rest")
            assert rule.dropped() >= 1
        assert not two.hears(b"who has")

    def test_a_rule_may_be_about_who_a_packet_is_from(self, floor: Floor) -> None:
        """As what a router passes on for many: packets from one source are dropped, from another one heard."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        of_one = Match(sources=frozenset({IPv4Address("10.0.0.1")}))
        with floor.network.deafen(one_way(["end2"], ["end1"]), only=of_one) as rule:
            for source, word in (("10.0.0.1", b"not this"), ("10.0.0.2", b"but this")):
                one.stations[0].send(EVERYONE + one.mac + b"\x08\x00" + packet(source, word.ljust(46)))
            expect(two, b"but this")
            assert rule.dropped() == 1
        assert not two.hears(b"not this")


class TestCables:
    """What joins switches. It wants a whole `harness.network.protocol.Network`."""

    def test_a_cable_carries_every_vlan_and_keeps_them_apart(self, floor: Floor) -> None:
        """And switches learn across it."""
        floor.network.connect("left--right", "left", "right", vlans=VLANS)
        one, two, other, witness = (
            floor.end(Access(vlan), switch)
            for vlan, switch in ((TEN, "left"), (TEN, "right"), (TWENTY, "right"), (TWENTY, "left"))
        )
        one.send(EVERYONE, b"over there")
        expect(two, b"over there")
        two.send(one.mac, b"to one")
        expect(one, b"to one")
        one.send(two.mac, b"to two")
        expect(two, b"to two")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not any(end.hears(b"over there") for end in (other, witness))

    def test_a_cable_is_cut_in_one_direction(self, floor: Floor) -> None:
        """What its first switch sends is ``up``."""
        link = floor.network.connect("left--right", "left", "right", vlans=VLANS)
        left, right = floor.end(Access(TEN), "left"), floor.end(Access(TEN), "right")
        near = floor.end(Access(TEN), "left")
        link.cut(directions=["up"])
        assert link.is_cut("up")
        left.send(EVERYONE, b"lost")
        expect(near, b"lost")
        right.send(EVERYONE, b"heard")
        expect(left, b"heard")
        assert link.counters().up["cut"] >= 1
        link.restore()
        left.send(EVERYONE, b"back")
        expect(right, b"back")
        assert not right.hears(b"lost")

    def test_lines_between_all_sites_make_no_loop(self, floor: Floor) -> None:
        """Each frame is heard once, however many ways there are (split horizon)."""
        sites = ["north", "south", "east", "west"]
        for one, other in itertools.combinations(sites, 2):
            floor.network.connect(f"{one}--{other}", one, other, vlans=VLANS, wan=True)
        ends = [floor.end(Access(TEN), site) for site in sites]
        for number, end in enumerate(ends):
            end.send(EVERYONE, b"from %d." % number)
        for number, end in enumerate(ends):
            for sender in set(range(len(ends))) - {number}:
                expect(end, b"from %d." % sender)
        for end in ends:
            end.send(EVERYONE, b"later")
        for end in ends:
            wait_until("all of the later", lambda end=end: count(end, b"later") == len(ends) - 1, within=SOON)  # type: ignore[misc]
            assert count(end, b"from") == len(ends) - 1

    def test_a_line_does_not_lead_on_to_the_next(self, floor: Floor) -> None:
        """Between sites that no line joins there is silence."""
        floor.network.connect("a--b", "a", "b", vlans=VLANS, wan=True)
        floor.network.connect("b--c", "b", "c", vlans=VLANS, wan=True)
        first, middle, last = (floor.end(Access(TEN), site) for site in "abc")
        first.send(EVERYONE, b"near")
        expect(middle, b"near")
        middle.send(EVERYONE, b"later")
        expect(last, b"later")
        assert not last.hears(b"near")

    def test_a_rule_about_hearing_reaches_over_cables(self, floor: Floor) -> None:
        """Also where the listener hears it with a tag."""
        floor.network.connect("left--middle", "left", "middle", vlans=VLANS)
        floor.network.connect("middle--right", "middle", "right", vlans=VLANS)
        speaker = floor.end(Access(TEN), "left")
        listener = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY), "right")
        other = floor.end(Access(TEN), "right")
        with floor.network.deafen(one_way(["end2"], ["end1"])) as rule:
            speaker.send(EVERYONE, b"unheard")
            expect(other, b"unheard")
            other.send(EVERYONE, b"heard")
            expect(listener, b"heard")
            assert rule.dropped() >= 1
        assert not listener.hears(b"unheard")
        speaker.send(EVERYONE, b"back")
        expect(listener, b"back")


class TestCapture:
    """What is written down. It wants a whole `harness.network.protocol.Network`."""

    def test_each_frame_of_a_link_is_captured_in_order(self, floor: Floor) -> None:
        """With its link's name, on one clock with all others."""
        number = 1_000
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        for n in range(number):
            one.send(EVERYONE, struct.pack("!I", n))
        expect(two, struct.pack("!I", number - 1))
        floor.network.flush()
        everything = [frame for path in floor.network.captures for frame in frames(path)]
        for name in ("end1", "end2"):
            own = [frame for frame in everything if frame.link == name and frame.data[12:14] == EXPERIMENTAL]
            assert [struct.unpack("!I", frame.data[14:18])[0] for frame in own] == list(range(number))
        times = [frame.time for frame in everything]
        assert times == sorted(times)

    def test_a_trunk_is_captured_as_it_is_on_the_cable(self, floor: Floor) -> None:
        """With its tags."""
        trunk, one = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY)), floor.end(Access(TEN))
        one.send(EVERYONE, b"tagged there")
        expect(trunk, b"tagged there")
        trunk.send(EVERYONE, b"and back", vlan=TEN)
        expect(one, b"and back")
        assert captured(floor, "end1") == [(tags.tag(TEN), b"tagged there"), (tags.tag(TEN), b"and back")]
        assert captured(floor, "end2") == [(b"", b"tagged there"), (b"", b"and back")]

    def test_what_did_not_come_through_is_not_captured(self, floor: Floor) -> None:
        """The counters have it."""
        one, two, three = (floor.end(Access(TEN)) for _ in range(3))
        one.link.cut(directions=["up"])
        one.send(EVERYONE, b"lost")
        two.link.cut(directions=["down"])
        three.send(EVERYONE, b"half")
        expect(one, b"half")
        assert captured(floor, "end1") == [(b"", b"half")]
        assert captured(floor, "end2") == []
        assert captured(floor, "end3") == [(b"", b"half")]
        assert one.link.counters().up["cut"] >= 1

    def test_what_is_done_to_links_stands_between_the_frames(self, floor: Floor) -> None:
        """As notes of the harness, which every tool shows."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        one.send(EVERYONE, b"before")
        expect(two, b"before")
        one.link.cut(directions=["down"])
        one.send(EVERYONE, b"between")
        expect(two, b"between")
        floor.network.note(Note("phase", ("end1",), "healthy"))
        with floor.network.deafen(one_way(["end1"], ["end2"]), only=Match("udp", 9)):
            one.link.restore()
        floor.network.flush()
        told = [told_in(frame) for path in floor.network.captures for frame in frames(path) if is_ours(frame)]
        assert told == [
            "before",
            "cut end1: down",
            "between",
            "phase end1: healthy",
            f"deafen end1: rule {rule_in(told[4])}: end1 does not hear udp 9 from end2",
            "restore end1",
            f"hear end1: rule {rule_in(told[4])} is healed, which dropped 0 frames",
        ]

    def test_whoever_reads_along_is_told_of_each_frame(self, floor: Floor) -> None:
        """By an event counter, and finds it in the file then; also where the network is never silent."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        counter = os.eventfd(0)
        try:
            floor.network.wake(counter)
            for number in range(5):
                body = b"along %d" % number
                one.send(EVERYONE, body)
                expect(two, body)
                began = time.monotonic()
                while not any(body in frame.data for path in floor.network.captures for frame in frames(path)):
                    assert select.select([counter], [], [], READ_ALONG_WITHIN)[0]
                    os.eventfd_read(counter)
                    assert time.monotonic() - began < READ_ALONG_WITHIN
        finally:
            os.close(counter)


READ_ALONG_WITHIN = 5
"""Seconds: far more than it takes anywhere, and less than a capture would take that waits to be full."""


def is_ours(frame: Frame) -> bool:
    """Say whether a captured frame is the suite's as the first end sent it, or a note."""
    return is_note(frame.link, frame.data) or (frame.link == "end1" and frame.data[12:14] == EXPERIMENTAL)


def told_in(frame: Frame) -> str:
    """Return what a captured frame of the suite says, or the note that it is."""
    return str(parse(frame.data[14:])) if is_note(frame.link, frame.data) else frame.data[14:].rstrip(b"\0").decode()


def rule_in(told: str) -> str:
    """Return what a kind calls the rule of a note."""
    return told.partition("rule ")[2].partition(":")[0]


def count(end: End, body: bytes) -> int:
    """Return how many frames with that body an end has heard by now."""
    end.listen()
    return sum(body in frame for frame in end.heard)


def captured(floor: Floor, link: str) -> list[tuple[bytes, bytes]]:
    """Return the suite's frames on a link, as the captures have them: their tags and bodies."""
    floor.network.flush()
    own = [bytes(one.data) for path in floor.network.captures for one in frames(path) if one.link == link]
    found = []
    for frame in own:
        tag, rest = (frame[12:16], frame[16:]) if frame[12:14] == tags.TPID else (b"", frame[12:])
        if rest[:2] == EXPERIMENTAL:
            found.append((tag, rest[2:].rstrip(b"\0")))
    return found


AT_ONCE = 1_000
"""Frames in a row: far fewer than a card's queue holds, which drops what a busy network has not fetched in time."""


class TestTruth:
    """That what is asked for is what frames get, measured by the kernel's own time stamps."""

    @pytest.mark.parametrize("direction", ["up", "down"])
    @pytest.mark.parametrize("delay", [5, 20, 100])
    def test_delay(self, floor: Floor, delay: int, direction: str) -> None:
        """Median error at most 0.2 ms, 99th percentile at most 1 ms over the link without delay.

        Where the host keeps a processor to itself, no timer is punctual; the 99th percentile is taken without that.
        """
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        link = one.link if direction == "up" else two.link
        usual = statistics.median(transit.took for transit in transits(one.interface, two.interface, 100))
        link.impair(Impairment(delay=delay * milliseconds), directions=[direction])
        with StallWatch() as watch:
            measured = transits(one.interface, two.interface, 300, delay=delay / 1000)
            stalls = watch.stalls()
        assert len(measured) == 300  # noqa: PLR2004 - all have arrived
        assert min(transit.took for transit in measured) >= delay, "nothing comes too early"
        expected = usual + delay
        assert abs(statistics.median(transit.late(expected) for transit in measured)) <= 0.2  # noqa: PLR2004 - ms
        assert percentile([transit.late(expected, stalls) for transit in measured], 99) <= 1.0

    @pytest.mark.parametrize("chance", [0.01, 0.2])
    def test_loss(self, floor: Floor, chance: float) -> None:
        """Inside the 99.9 % interval of the binomial distribution over 20,000 frames."""
        number = 20_000
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        two.link.impair(Impairment(loss=chance), directions=["down"])
        for sent in range(number):
            if sent % AT_ONCE == 0:
                two.link.counters()  # the network has handled all that came before
            one.send(EVERYONE, b"numbered")
            two.listen()
        two.link.counters()
        arrived = len(ours(two))
        spread = 3.29 * (number * chance * (1 - chance)) ** 0.5
        assert abs(number * (1 - chance) - arrived) <= spread
        assert two.link.counters().down["loss"] >= number - arrived

    @pytest.mark.parametrize("rate", [1_000_000, 20_000_000])
    def test_rate(self, floor: Floor, rate: int) -> None:
        """Within 5 %, by the most punctual frame of each half: a host that stalls makes frames late, never early."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        two.link.impair(Impairment(rate=rate), directions=["down"])
        number = min(800, rate // 12_000)
        body = bytes(1_400)
        for _ in range(number):
            one.send(EVERYONE, body)
        wait_until("all frames", lambda: len(ours(two)) >= number, within=30 * seconds)
        pace = len(one.frame(EVERYONE, body)) * 8 * 1e9 / rate
        late = [heard.time_ns - count * pace for count, heard in enumerate(ours(two))]
        half = number // 2
        assert pace + (min(late[half:]) - min(late[:half])) / half == pytest.approx(pace, rel=0.05)


def ours(end: End) -> list[Heard]:
    """Return the frames of the suite that an end has heard by now."""
    end.listen()
    return [heard for heard in end.times if heard.frame[12:14] == EXPERIMENTAL]
