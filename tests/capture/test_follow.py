from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.follow import Follower
from harness.capture.frames import CaptureError
from harness.capture.timeline import read
from tests.capture.build import Connection
from tests.capture.make import kinds

if TYPE_CHECKING:
    from pathlib import Path

EXCHANGE = Connection().open().client(b"GET /x HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_what_was_flushed_since_the_last_look_is_told_once(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    with Writer.create(path, ["segment"]) as writer, Follower(path) as follower:
        seen = [kinds(follower.new_events())]
        for frame in EXCHANGE.frames():
            writer.write(frame.data, frame.time)
            if frame.number >= 4:
                seen.append(kinds(follower.new_events()))
                writer.flush()
        seen.append(kinds(follower.new_events()))
        seen.append(kinds(follower.new_events()))
    assert seen == [[], [], ["tcp-opened", "http-request"], ["http-response", "http-complete"], []]


def test_in_the_end_it_has_told_what_a_timeline_tells(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    with Writer.create(path, ["segment"]) as writer:
        for frame in EXCHANGE.frames():
            writer.write(frame.data, frame.time)
    with Follower(path) as follower:
        assert tuple(follower.new_events()) == read(path).events


def test_a_file_that_is_no_capture_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    path.write_bytes(b"text")
    with pytest.raises(CaptureError):
        Follower(path)


def test_only_what_its_view_gives_is_decoded_and_what_waits_is_named(tmp_path: Path) -> None:
    path = tmp_path / "wire.pcapng"
    frames = EXCHANGE.frames()
    with Writer.create(path, ["segment", "other"]) as writer:
        for frame in frames:
            if b"HTTP/1.1 204" not in frame.data:
                writer.write(frame.data, frame.time, 0)
            writer.write(frame.data, frame.time, 1)
        writer.flush()
        with Follower(path, view=lambda frame: frame if frame.link == "segment" else None) as follower:
            assert {event.link for event in follower.new_events()} == {"segment"}
            assert follower.waiting == set()
        late = Connection().open().client(b"GET /x HTTP/1.1\r\n\r\n").client(b"GET /y HTTP/1.1\r\n\r\n").frames()
    other = tmp_path / "hole.pcapng"
    with Writer.create(other, ["segment"]) as writer:
        for frame in late:
            if b"/x" not in frame.data:
                writer.write(frame.data, frame.time)
    with Follower(other) as follower:
        assert kinds(follower.new_events()) == ["tcp-opened"]
        assert follower.waiting == {"http"}
