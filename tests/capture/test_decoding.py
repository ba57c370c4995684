from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.decoding import Decoding, is_gap, merged, protocols
from harness.capture.events import Undecodable
from harness.capture.files.pcapng import Writer
from harness.capture.frames import CaptureError
from tests.capture.build import Connection, datagram
from tests.capture.make import kinds

DATA = Path(__file__).parent / "data"
UEFI = (DATA / "pxe-uefi.pcapng").read_bytes()
SERF = (DATA / "serf-0.9.4-node-death.pcap").read_bytes()
EXCHANGE = Connection().open().client(b"GET /x HTTP/1.1\r\n\r\n").server(b"HTTP/1.1 204 No Content\r\n\r\n")


def written(shift: int = 0, *, link: str = "segment") -> bytes:
    file = io.BytesIO()
    writer = Writer(file, [link])
    for frame in EXCHANGE.frames():
        writer.write(frame.data, frame.time + shift)
    writer.write(datagram(b"nonsense", to=("192.168.100.1", 67)), 10**9 + shift)
    writer.flush()
    return file.getvalue()


def test_everything_is_counted() -> None:
    capture = Decoding(io.BytesIO(written()), "f")
    assert kinds(capture) == ["tcp-opened", "http-request", "http-response", "http-complete", "undecodable"]
    assert (capture.frames, capture.events, capture.malformed, capture.gaps) == (6, {"http": 3, "tcp": 1}, 1, 0)
    assert (capture.links, capture.notes, capture.began) == (("segment",), [], 10**6)


def test_one_protocol_is_asked_for_and_what_could_have_been_of_it() -> None:
    capture = Decoding(io.BytesIO(written()), "f", protocols=["dhcp"])
    (event,) = capture
    assert isinstance(event, Undecodable)
    assert (capture.frames, capture.events.total(), capture.malformed) == (6, 0, 1)
    assert capture.began == 10**6


def test_links_are_chosen_by_name() -> None:
    capture = Decoding(io.BytesIO(written()), "f", links=["other"])
    assert (list(capture), capture.frames, capture.links) == ([], 6, ("segment",))
    assert len(list(Decoding(io.BytesIO(written()), "f", links=["other", "segment"]))) == 5


def test_captures_are_merged_by_time() -> None:
    captures = [Decoding(io.BytesIO(written(shift)), str(shift), protocols=["http"]) for shift in (500_000, 0)]
    assert [capture.name for capture, _ in merged(captures)] == [
        "0",
        "500000",
        *["0"] * 2,
        *["500000"] * 2,
    ]


@pytest.mark.parametrize("damage", [b"", b"\x07" * 40, UEFI[:100]])
def test_damage_ends_a_capture_with_a_note(damage: bytes) -> None:
    whole = written()
    capture = Decoding(io.BytesIO(whole[:-9] + damage), "f")
    assert kinds(capture)[1:4] == ["http-request", "http-response", "http-complete"]
    assert len(capture.notes) == 1
    assert capture.notes[0].startswith("f: ")


def test_a_file_that_is_none_is_refused_at_once() -> None:
    with pytest.raises(CaptureError):
        Decoding(io.BytesIO(b"text"), "f")


def test_protocols_have_names() -> None:
    assert {"arp", "dhcp", "gossip", "http", "raft", "tftp", "undecodable"} <= set(protocols())
    assert "" not in protocols()


def test_a_gap_is_told_by_its_kind() -> None:
    events = list(Decoding(io.BytesIO(written()), "f"))
    assert not any(map(is_gap, events))


@pytest.mark.parametrize("data", [UEFI[:60_000], SERF], ids=["pcapng", "pcap"])
@given(
    st.lists(st.tuples(st.integers(0, 60_000), st.integers(0, 255)), min_size=1, max_size=8),
    st.integers(0, 60_000),
    st.sampled_from([None, ["dhcp"], ["raft", "gossip"]]),
)
def test_a_real_capture_survives_any_damage(
    data: bytes, flips: list[tuple[int, int]], cut: int, asked: list[str] | None
) -> None:
    damaged = bytearray(data)
    for place, octet in flips:
        damaged[place % len(damaged)] = octet
    try:
        capture = Decoding(io.BytesIO(bytes(damaged[: cut or None])), "f", protocols=asked)
    except CaptureError:
        return
    events = list(capture)
    assert len(events) == capture.events.total() + capture.malformed + capture.gaps
