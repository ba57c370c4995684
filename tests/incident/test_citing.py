from __future__ import annotations

from harness.incident.citing import LONGEST, said, seen
from tests.incident.records import T036, Journal, frames


def test_a_line_shows_who_said_what_in_one_line() -> None:
    (line,) = Journal("node01").says(1, "panic:\n  no space", by="etcd").lines
    assert str(said(line)) == "node01-a.json:1: etcd: panic: no space"
    assert said(line, "its last line").shows == "its last line"


def test_a_long_line_is_cut() -> None:
    (line,) = Journal("node01").says(1, "x" * 10_000, by="").lines
    assert said(line).shows == "x" * LONGEST + "…"


def test_a_frame_is_known_by_its_capture_and_number() -> None:
    (packet,) = frames(T036, "node02", [1])
    assert str(seen(packet, "its last frame")) == f"switch.pcap frame {packet.frame}: its last frame"


def test_a_line_of_a_log_without_microseconds_says_so() -> None:
    (line,) = Journal("node01").says(1, "Background saving started", by="redis-server", ahead=-1e-6).lines
    assert said(line).shows == "redis-server: Background saving started; its time is known to the second"
