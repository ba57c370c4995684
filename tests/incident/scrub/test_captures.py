from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import open_reader
from harness.capture.frames import Frame
from harness.incident.scrub.captures import Damaged, Written, rewrite

DATA = Path(__file__).parents[2] / "capture/data"


def blanked(data: bytes, link_type: int, length: int) -> bytes:
    assert link_type == 1
    assert length >= len(data)
    return bytes(len(data))


def rewritten(octets: bytes) -> tuple[bytes, Written]:
    target = io.BytesIO()
    written = rewrite(io.BytesIO(octets), target, blanked, lambda name: name[::-1])
    return target.getvalue(), written


def read(octets: bytes) -> list[Frame]:
    return list(open_reader(io.BytesIO(octets), "x"))


@pytest.mark.parametrize("name", ["bgp-bird.pcap", "pxe-bios.pcapng", "vxlan-linux.pcapng"])
def test_times_lengths_and_directions_stay(name: str) -> None:
    before = (DATA / name).read_bytes()
    after, written = rewritten(before)
    kept = [(one.number, one.time, one.length, len(one.data), one.direction) for one in read(before)]
    assert [(one.number, one.time, one.length, len(one.data), one.direction) for one in read(after)] == kept
    assert written.frames == len(kept)
    assert not any(any(one.data) for one in read(after))


def test_names_of_links_are_replaced_and_comments_are_not_there(tmp_path: Path) -> None:
    with Writer.create(tmp_path / "x.pcapng", ["acme"]) as writer:
        writer.write(b"frame", 5, comment="secret", direction="in")
    octets = (tmp_path / "x.pcapng").read_bytes()
    names = struct.pack("<III", 4, 20, 0) + b"\0\1\2\3" + struct.pack("<I", 20)
    after, written = rewritten(octets + names)
    assert [(one.link, one.comment, one.direction) for one in read(after)] == [("emca", None, "in")]
    assert b"secret" not in after
    assert b"harness" not in after, "what captured is nobody's business"
    assert dict(written.left_out) == {4: 1}


def test_a_simple_packet_is_scrubbed_too() -> None:
    section = struct.pack("<IIIHHq", 0x0A0D0D0A, 28, 0x1A2B3C4D, 1, 0, -1) + struct.pack("<I", 28)
    interface = struct.pack("<IIHHII", 1, 20, 1, 0, 0, 20)
    packet = struct.pack("<III", 3, 24, 6) + b"secret\0\0" + struct.pack("<I", 24)
    after, written = rewritten(section + interface + packet)
    assert after == section + interface + packet.replace(b"secret", bytes(6))
    assert written.frames == 1


@pytest.mark.parametrize("cut", [1, 7, 30])
@pytest.mark.parametrize("name", ["bgp-bird.pcap", "pxe-bios.pcapng"])
def test_what_is_sound_of_a_cut_file_is_written(name: str, cut: int) -> None:
    octets = (DATA / name).read_bytes()
    target = io.BytesIO()
    with pytest.raises(Damaged, match="is cut off"):
        rewrite(io.BytesIO(octets[:-cut]), target, blanked, str)
    assert len(read(target.getvalue())) == len(read(octets)) - 1


@pytest.mark.parametrize("octets", [b"", b"nonsense", b"\xd4\xc3\xb2\xa1", b"\x0a\x0d\x0d\x0a" + b"\xff" * 40])
def test_what_is_no_capture_says_so(octets: bytes) -> None:
    with pytest.raises(Damaged):
        rewritten(octets)
