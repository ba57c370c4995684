from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import tftp
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import (
    TFTP,
    TFTP_ACK,
    TFTP_DATA,
    TFTP_ERROR,
    TFTP_OACK,
    TFTP_RRQ,
    TFTP_WRQ,
    TFTP_Option,
    TFTP_Options,
    octets,
)

texts = st.text("abcdefghijklmnopqrstuvwxyz0123456789/.", min_size=1, max_size=30)
options = st.lists(st.tuples(texts, texts), max_size=3)


def scapys(pairs: list[tuple[str, str]]) -> object:
    return TFTP_Options(options=[TFTP_Option(oname=name.encode(), value=value.encode()) for name, value in pairs])


@given(st.booleans(), texts, options)
def test_requests_that_scapy_makes_are_read(write: bool, file: str, pairs: list[tuple[str, str]]) -> None:  # noqa: FBT001 - from hypothesis
    request = (TFTP_WRQ if write else TFTP_RRQ)(filename=file.encode(), mode=b"OCTET")
    data = octets(TFTP() / request / scapys(pairs))
    assert tftp.parse(data, len(data)) == tftp.Request(write, file, "octet", tuple(pairs))


@given(st.integers(0, 65535), st.binary(max_size=40), st.integers(0, 40))
def test_blocks_are_as_long_as_they_were_sent(block: int, payload: bytes, kept: int) -> None:
    data = octets(TFTP() / TFTP_DATA(block=block) / payload)
    assert tftp.parse(data[: 4 + kept], len(data)) == tftp.Data(block, len(payload))


@given(st.integers(0, 65535))
def test_acknowledgements_that_scapy_makes_are_read(block: int) -> None:
    data = octets(TFTP() / TFTP_ACK(block=block))
    assert tftp.parse(data, len(data)) == tftp.Ack(block)


def test_errors_that_scapy_makes_are_read() -> None:
    data = octets(TFTP() / TFTP_ERROR(errorcode=8, errormsg=b"User aborted the transfer"))
    assert tftp.parse(data, len(data)) == tftp.Error(8, "User aborted the transfer")


@given(options)
def test_acknowledged_options_that_scapy_makes_are_read(pairs: list[tuple[str, str]]) -> None:
    data = octets(TFTP() / TFTP_OACK() / scapys([*pairs, ("tsize", "1024")]))
    found = tftp.parse(data, len(data))
    assert found == tftp.OptionAck((*pairs, ("tsize", "1024")))
    assert isinstance(found, tftp.OptionAck)
    assert found.number("tsize") == 1024


@pytest.mark.parametrize("value, number", [("1024", 1024), ("", None), ("-1", None), ("²", None), ("abc", None)])
def test_an_option_that_is_no_number_is_none(value: str, number: int | None) -> None:
    assert tftp.OptionAck((("tsize", value),)).number("tsize") == number
    assert tftp.OptionAck(()).number("tsize") is None


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"\0\1\0", "a TFTP packet of 3 bytes, not at least 4"),
        (b"\0\7file", "TFTP operation 7 of 6 bytes"),
        (b"\0\1file\0octet", "TFTP operation 1 of 12 bytes"),
        (b"\0\1file\0", "a TFTP request without a file name and a mode"),
    ],
)
def test_what_is_no_tftp_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        tftp.parse(data, len(data))


@given(st.binary(max_size=60), st.integers(0, 9), st.integers(0, 20))
def test_any_octets_are_read_or_malformed(tail: bytes, operation: int, beyond: int) -> None:
    data = bytes((0, operation)) + tail
    try:
        tftp.parse(data, len(data) + beyond)
    except Malformed as problem:
        assert "TFTP" in str(problem)  # noqa: PT017 - most octets are malformed, some are not
