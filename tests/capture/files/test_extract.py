from __future__ import annotations

from pathlib import Path

from harness.capture.files.extract import extract
from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames
from tests.capture.build import datagram


def written(path: Path) -> Path:
    with Writer.create(path, ["one", "two"]) as writer:
        for number in range(1, 7):
            comment = "said before" if number == 2 else None
            writer.write(datagram(b"%d" % number), number, number % 2, direction="in", comment=comment, length=1000)
    return path


def test_wanted_frames_keep_all_that_is_said_of_them_and_get_remarks(tmp_path: Path) -> None:
    source = written(tmp_path / "whole.pcapng")
    target = tmp_path / "part.pcapng"
    assert extract([source], target, lambda frame: 2 <= frame.time <= 4, remarks={2: "this one", 4: "and this"}) == 3
    before = {frame.time: frame for frame in frames(source)}
    kept = list(frames(target))
    assert [frame._replace(comment=None, number=0) for frame in kept] == [
        before[time]._replace(comment=None, number=0) for time in (2, 3, 4)
    ]
    assert [frame.comment for frame in kept] == ["said before\nframe 2: this one", None, "frame 4: and this"]


def test_of_too_many_the_last_are_kept(tmp_path: Path) -> None:
    source = written(tmp_path / "whole.pcapng")
    assert extract([source], tmp_path / "part.pcapng", lambda _: True, limit=2) == 2
    assert [frame.time for frame in frames(tmp_path / "part.pcapng")] == [5, 6]


def test_nothing_wanted_is_an_empty_capture(tmp_path: Path) -> None:
    source = written(tmp_path / "whole.pcapng")
    assert extract([source], tmp_path / "part.pcapng", lambda _: False) == 0
    assert list(frames(tmp_path / "part.pcapng")) == []
