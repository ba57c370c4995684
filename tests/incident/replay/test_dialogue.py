from __future__ import annotations

from harness.incident.replay.dialogue import DHCP, HTTP, TFTP, Dialogue, Exchange, Message
from tests.incident.replay.frames import ASK, question, said


def test_a_message_knows_its_frame_and_whether_it_is_whole() -> None:
    one = said(ASK, question(1), 7)
    message = Message(DHCP, "DISCOVER", one, one.payload, one.length)
    assert (message.frame, message.time, message.whole) == (7, 7_000_000_000, True)
    assert not Message(DHCP, "DISCOVER", one, one.payload[:9], one.length).whole


def test_a_part_of_a_dialogue_has_only_some_protocols() -> None:
    one = said(ASK, question(1), 7)
    every = tuple(Exchange(Message(protocol, "", one, b"", 0)) for protocol in (DHCP, TFTP, HTTP, DHCP))
    part = Dialogue("x", "m", every, ("note",)).only(DHCP, TFTP)
    assert [each.question.protocol for each in part.exchanges] == [DHCP, TFTP, DHCP]
    assert part.notes == ("note",)
