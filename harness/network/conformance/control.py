"""What is done to links and to hearing at run time: cuts, impairments, rules, and that they end."""

# ruff: noqa: S101 - these are tests, which pytest runs

from __future__ import annotations

import struct
from ipaddress import IPv4Address

from harness.network.checksum import finished, ones_sum
from harness.network.conformance.floor import EVERYONE, TEN, Floor, expect, expect_count
from harness.network.hearing import Match, isolate, one_way
from harness.network.impairment import Impairment
from harness.network.ports import Access
from harness.units import milliseconds


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
        expect_count("the cut", lambda: two.link.counters().down.get("cut", 0))
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
            expect_count("to two others, and from one", rule.dropped, at_least=3)
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
            expect_count("the ARP", rule.dropped)
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


def packet(source: str, body: bytes) -> bytes:
    """Return an IPv4 packet to everyone, of a protocol for experiments (RFC 3692), from a source."""
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 1, 253, 0)
    addresses = IPv4Address(source).packed + b"\xff" * 4
    return head[:10] + finished(ones_sum(head + addresses), 10) + addresses + body
