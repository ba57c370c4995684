from __future__ import annotations

from harness.capture import notes
from harness.capture.dissector import Dissector
from harness.capture.events import HarnessEvent, Undecodable
from harness.capture.frames import Frame
from harness.capture.notes import LINK, LOST, Note

LONG_AGO, NOW = 5, 9


def test_a_note_is_an_event_with_all_that_it_says() -> None:
    data = notes.frame_of(Note(LOST, (), "3 frames", LONG_AGO))
    (event,) = Dissector().frame(Frame(7, NOW, LINK, data, len(data)))
    assert isinstance(event, HarnessEvent)
    assert (event.what, event.who, event.details, event.since) == (LOST, (), "3 frames", LONG_AGO)
    assert (event.frame, event.time, event.protocol, event.kind) == (7, NOW, "harness", "harness-event")


def test_one_that_was_cut_short_is_undecodable() -> None:
    data = notes.frame_of(Note("cut", ("node01",)))[:-3]
    (event,) = Dissector().frame(Frame(1, NOW, LINK, data, len(data)))
    assert isinstance(event, Undecodable)
