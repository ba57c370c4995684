from __future__ import annotations

import threading
from pathlib import Path

import pytest

from harness.capture.events import ArpRequest
from harness.capture.frames import CaptureError
from harness.capture.views import by_segment
from harness.wire.source import Source
from tests.wire.tape import NODE1, NODE2, VLAN, Tape


def test_frames_are_decoded_once_as_they_come_and_told_in_order_of_time(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    source = Source(tape, by_segment(VLAN))
    tape.say(NODE1, at=20)
    assert [event.time for event in source.sync()] == [20]
    assert source.sync() is source.sync()
    tape.say(NODE2, at=10)
    assert [event.time for event in source.read()] == [20, 10]
    assert [event.time for event in source.sync()] == [10, 20]
    assert source.waiting == frozenset()
    source.close()
    tape.close()


def test_many_may_ask_at_once(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    source = Source(tape, by_segment(VLAN))
    seen: list[int] = []
    asking = [threading.Thread(target=lambda: seen.append(len(source.sync()))) for _ in range(8)]
    for number in range(500):
        tape.say(NODE1, at=number)
    for one in asking:
        one.start()
    for one in asking:
        one.join()
    assert seen == [500] * 8
    assert all(isinstance(event, ArpRequest) for event in source.sync())
    source.close()
    tape.close()


def test_a_file_that_is_no_capture_is_refused(tmp_path: Path) -> None:
    tape = Tape(tmp_path)
    tape.path.write_text("text")
    with pytest.raises(CaptureError):
        Source(tape, by_segment(VLAN)).sync()
    tape.close()
