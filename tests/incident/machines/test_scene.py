from __future__ import annotations

from harness.incident.machines.scene import Scene
from tests.incident.records import T036, Journal, at, frames, record


def test_a_machines_frames_are_found_by_time() -> None:
    scene = Scene(record(packets=[*frames(T036, "node02", [3, 1, 2]), *frames(T036, "node03", [1.5])]))
    voice = scene.voice("node02")
    assert voice.times == [at(1), at(2), at(3)]
    assert [packet.time for packet in voice.between(at(1), at(3))] == [at(2)]
    last, first = voice.last_until(at(2)), voice.first_after(at(2))
    assert last is not None
    assert first is not None
    assert (last.time, first.time) == (at(2), at(3))
    assert (voice.last_until(at(0.5)), voice.first_after(at(3))) == (None, None)


def test_a_machine_that_nobody_heard_has_an_empty_voice_and_journal() -> None:
    scene = Scene(record())
    assert (scene.voice("node01").packets, scene.lines("node01")) == ([], [])


def test_a_machines_lines_are_those_of_all_its_boots() -> None:
    old = Journal("node01").says(1, "first")
    scene = Scene(record(old.reboots(50).says(51, "second"), old))
    assert [line.entry.message for line in scene.lines("node01")] == ["first", "second"]


def test_captures_that_follow_each_other_watch_all_the_time() -> None:
    first, second = frames(T036, "node01", [0, 10]), frames(T036, "node01", [10.5, 20])
    scene = Scene(record(packets=[*first, *(one._replace(capture="b.pcap") for one in second)]))
    assert scene.captured == {"switch.pcap": (at(0), at(10)), "b.pcap": (at(10.5), at(20))}
    assert scene.watched(at(5), at(15))
    assert not scene.watched(at(5), at(25))
    apart = Scene(record(packets=[*first, *(one._replace(capture="b.pcap") for one in second[1:])]))
    assert not apart.watched(at(5), at(20))
