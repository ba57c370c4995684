from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.files.snap import OVERSIZE_HEAD, Oversize, kept_length
from tests.capture import build

HEADERS = 14 + 20 + 20


def segment(payload: bytes, *, source: int = 80, flags: int = 0) -> bytes:
    return build.ethernet(build.ipv4(build.tcp(payload, source=source, to=50000, sequence=1), protocol=6, flags=flags))


def test_bulk_from_the_boot_server_is_cut_to_256_octets_of_payload() -> None:
    assert kept_length(segment(bytes(1460))) == HEADERS + 256


def test_the_start_of_a_response_is_kept_so_that_its_header_is_whole() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + b"x" * 1443
    assert kept_length(segment(head)) == HEADERS + 1460
    assert kept_length(segment(head + bytes(60000))) == HEADERS + 2048


def test_a_tagged_frame_is_cut_as_an_untagged_one() -> None:
    frame = segment(bytes(1460))
    assert kept_length(frame[:12] + b"\x81\x00\x00\x64" + frame[12:]) == HEADERS + 4 + 256


def test_options_of_the_headers_are_kept() -> None:
    inner = bytearray(build.tcp(bytes(12) + bytes(1400), source=80, to=50000, sequence=1))
    inner[12] = 8 << 4
    assert kept_length(build.ethernet(build.ipv4(bytes(inner), protocol=6))) == HEADERS + 12 + 256


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(segment(bytes(1460), source=8080), id="another port"),
        pytest.param(segment(bytes(256)), id="no bulk"),
        pytest.param(segment(bytes(1460), flags=100), id="a later fragment"),
        pytest.param(build.datagram(bytes(1400), source=(build.SERVER, 80)), id="UDP"),
        pytest.param(build.ethernet(bytes(1500), ethertype=0x86DD), id="IPv6"),
        pytest.param(b"", id="nothing"),
        pytest.param(bytes(13), id="less than a header"),
    ],
)
def test_everything_else_is_kept_whole(frame: bytes) -> None:
    assert kept_length(frame) == len(frame)


@given(st.binary(max_size=400) | st.binary(min_size=386, max_size=400).map(lambda tail: segment(b"")[:14] + tail))
def test_any_octets_have_a_length_within_the_frame_in_every_type_of_buffer(frame: bytes) -> None:
    kept = kept_length(frame)
    assert 0 <= kept <= len(frame)
    assert kept_length(bytearray(frame)) == kept_length(memoryview(frame)) == kept


def test_what_is_yet_to_be_cut_up_is_kept_until_it_comes_too_fast() -> None:
    now = [0.0]
    kept = Oversize(9_000, clock=lambda: now[0])
    whole = Oversize.BURST // 60_000
    assert [kept(bytes(60_000)) for _ in range(whole)] == [60_000] * whole
    assert kept(bytes(60_000)) == OVERSIZE_HEAD
    assert kept(bytes(9_000)) == 9_000, "a frame that a cable carries is always kept"
    now[0] = 60_000 / Oversize.RATE
    assert kept(bytes(60_000)) == 60_000


def test_of_the_boot_server_s_bulk_no_more_is_kept_where_it_is_yet_to_be_cut_up() -> None:
    assert Oversize(9_000)(segment(bytes(60_000))) == HEADERS + 256
