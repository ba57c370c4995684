from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import notes
from harness.capture.files.merge import merge
from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames, open_reader
from harness.capture.frames import CaptureError, Frame
from harness.capture.notes import LINK, Note
from tests.capture.build import datagram

times = st.lists(st.integers(0, 50), max_size=12)


def pcapng(path: Path, when: list[int], links: list[str]) -> Path:
    with Writer.create(path, links) as writer:
        for number, time in enumerate(when):
            writer.write(datagram(b"%d" % number), time * 1000, number % len(links), direction="out", comment=path.stem)
    return path


def pcap(path: Path, when: list[int]) -> Path:
    """Write what some other tool would, by hand."""
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for time in when:
        frame = datagram(b"foreign")
        data += struct.pack("<IIII", 0, time, len(frame), len(frame)) + frame
    path.write_bytes(data)
    return path


def said(some: list[Frame]) -> list[tuple[int, bytes, str | None]]:
    return sorted((frame.time, frame.data, frame.comment) for frame in some)


@given(times, times, times)
def test_every_frame_is_there_once_in_order_whatever_the_order_of_each_file(
    tmp_path_factory: pytest.TempPathFactory, one: list[int], two: list[int], three: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("merge")
    sources = [
        pcapng(folder / "one.pcapng", one, ["a", "b"]),
        pcapng(folder / "two.pcapng", two, ["c"]),
        pcap(folder / "three.pcap", three),
    ]
    target = folder / "all.pcapng"
    merge(sources, target)
    merged = list(frames(target))
    assert [frame.time for frame in merged] == sorted(frame.time for frame in merged)
    assert said(merged) == said([frame for path in sources for frame in frames(path)])


def test_links_keep_their_interfaces_also_silent_ones_and_equal_names_are_told_apart(tmp_path: Path) -> None:
    one = pcapng(tmp_path / "one.pcapng", [1], ["node01/eth0", "silent", "shared"])
    two = pcapng(tmp_path / "two.pcapng", [2], ["shared"])
    merge([one, two], tmp_path / "all.pcapng")
    with (tmp_path / "all.pcapng").open("rb") as file:
        reader = open_reader(file, "all")
        merged = list(reader)
        assert list(reader.links) == ["node01/eth0", "silent", "one: shared", "two: shared"]
    assert [(frame.link, frame.direction) for frame in merged] == [("node01/eth0", "out"), ("two: shared", "out")]


def test_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    sources = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        sources.append(pcapng(tmp_path / name / "switch.pcapng", [1], ["x"]))
    merge(sources, tmp_path / "all.pcapng")
    assert {frame.link for frame in frames(tmp_path / "all.pcapng")} == {f"{path}: x" for path in sources}


def test_what_the_harness_did_is_on_one_link(tmp_path: Path) -> None:
    sources = [tmp_path / "one.pcapng", tmp_path / "two.pcapng"]
    for number, path in enumerate(sources):
        with Writer.create(path, [LINK]) as writer:
            writer.write(notes.frame_of(Note("cut")), number)
    merge(sources, tmp_path / "all.pcapng")
    assert [frame.link for frame in frames(tmp_path / "all.pcapng")] == [LINK, LINK]


@pytest.mark.skipif(shutil.which("mergecap") is None, reason="needs mergecap: apt install wireshark-common")
def test_mergecap_puts_frames_in_the_same_order(tmp_path: Path) -> None:
    sources = [
        pcapng(tmp_path / "one.pcapng", [1, 4, 9], ["a", "b"]),
        pcapng(tmp_path / "two.pcapng", [2, 5, 8], ["c"]),
    ]
    merge(sources, tmp_path / "ours.pcapng")
    command = ["mergecap", "-w", str(tmp_path / "theirs.pcapng"), *map(str, sources)]
    subprocess.run(command, check=True, timeout=60)
    ours, theirs = (list(frames(tmp_path / name)) for name in ("ours.pcapng", "theirs.pcapng"))
    assert ours == theirs


def test_a_source_is_not_overwritten_and_what_is_no_capture_is_refused(tmp_path: Path) -> None:
    one = pcapng(tmp_path / "one.pcapng", [1], ["a"])
    with pytest.raises(ValueError, match="name another file"):
        merge([one], one)
    (tmp_path / "text").write_text("text")
    with pytest.raises(CaptureError):
        merge([one, tmp_path / "text"], tmp_path / "all.pcapng")
    assert not (tmp_path / "all.pcapng").exists()
