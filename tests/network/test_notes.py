from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture.notes import Note
from harness.network import notes
from harness.network.hearing import Match
from harness.network.impairment import Impairment
from harness.units import milliseconds


def test_a_cut_says_its_directions_and_whether_the_carrier_goes() -> None:
    assert notes.cut("a", ["up"], carrier=True) == Note("cut", ("a",), "up")
    assert notes.cut("a", ["up", "down"], carrier=False) == Note("cut", ("a",), "up, down, and its carrier")
    assert notes.cut("a", [], carrier=True) == Note("restore", ("a",))


def test_an_impairment_is_said_in_words() -> None:
    slow = Impairment(delay=20 * milliseconds, loss=0.015, rate=10**6)
    assert notes.impair("a", slow, ["up"]).details == "up: delay 20 ms, loss 1.5 %, rate 1000000 bit/s"
    assert notes.impair("a", Impairment(), ["up", "down"]).details == "up, down: nothing"
    assert notes.impair("a", Impairment(loss=0), ["up"]).details == "up: loss 0 %"


def test_a_rule_says_who_does_not_hear_whom_and_its_healing_what_it_dropped() -> None:
    who = {"a": frozenset({"c", "b"}), "b": frozenset({"a"})}
    made = notes.deafen(7, who, Match("tcp", 2380))
    assert made.who == ("a", "b")
    assert made.details == "rule 7: a does not hear tcp 2380 from b, c; b does not hear tcp 2380 from a"
    assert notes.deafen(7, {"a": ["b"]}, None).details == "rule 7: a does not hear from b"
    assert notes.deafen(7, {"a": ["b"]}, Match("arp")).details == "rule 7: a does not hear arp from b"
    routed = Match("tcp", sources=frozenset({IPv4Address("10.0.0.2"), IPv4Address("10.0.0.1")}))
    assert notes.deafen(7, {"a": ["b"]}, routed).details == "rule 7: a does not hear tcp of 10.0.0.1, 10.0.0.2 from b"
    assert notes.hear(7, who, 3) == Note("hear", ("a", "b"), "rule 7 is healed, which dropped 3 frames")


def test_what_got_lost_has_its_span() -> None:
    assert notes.lost(3, 5).since == 5
