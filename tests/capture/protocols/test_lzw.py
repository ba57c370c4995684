from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import lzw
from harness.capture.protocols.malformed import Malformed
from tests.capture import encode


@given(st.binary(max_size=300) | st.integers(0, 9000).map(lambda size: bytes(range(256)) * (size // 256) + b"a" * size))
def test_lzw_unpacks_what_was_packed(data: bytes) -> None:
    assert lzw.decompress(encode.lzw(data)) == data


def test_lzw_begins_anew_when_its_table_is_full() -> None:
    data = b"".join(number.to_bytes(2, "big") for number in range(20_000))
    assert lzw.decompress(encode.lzw(data)) == data


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "without an end code"),
        (encode.lzw(b"some text")[:-2], "without an end code"),
        (b"\xff\xff", "LZW code 511, with 258 known"),
        (b"\x02\x03", "LZW code 258, with 258 known"),
    ],
)
def test_what_is_no_lzw_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        lzw.decompress(data)


def test_lzw_that_unpacks_to_more_than_any_packet_is_malformed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lzw, "LONGEST", 1000)
    assert lzw.decompress(encode.lzw(bytes(1000))) == bytes(1000)
    with pytest.raises(Malformed, match="LZW data of more than 1000 bytes"):
        lzw.decompress(encode.lzw(bytes(1001)))


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        lzw.decompress(data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
