from __future__ import annotations

from harness.incident.replay.dialogue import DHCP, Message
from tests.incident.replay.frames import ASK, question, said


def test_a_message_knows_its_frame_and_whether_it_is_whole() -> None:
    one = said(ASK, question(1), 7)
    message = Message(DHCP, "DISCOVER", one, one.payload, one.length)
    assert (message.frame, message.time, message.whole) == (7, 7_000_000_000, True)
    assert not Message(DHCP, "DISCOVER", one, one.payload[:9], one.length).whole
