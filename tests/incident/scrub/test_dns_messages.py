from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.incident.scrub.dns_messages import scrubbed
from tests.incident.scrub.tools import text

HEADER = b"\x12\x34\x81\x80\0\1\0\3\0\0\0\0"
QUESTION = b"\4acme\5local\0\0\1\0\1"
A_RECORD = b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\x0a\7\7\1"
CNAME = b"\xc0\x0c\0\5\0\1\0\0\0\x3c\0\7\4host\xc0\x0c"
TXT = b"\xc0\x0c\0\x10\0\1\0\0\0\x3c\0\7\6secret"
MESSAGE = HEADER + QUESTION + A_RECORD + CNAME + TXT


def test_names_and_addresses_are_replaced_and_the_rest_is_left_out() -> None:
    means = text()
    found = scrubbed(MESSAGE, means)
    assert found is not None
    acme, host = means.names.label("acme").encode(), means.names.label("host").encode()
    assert found == HEADER + b"\4" + acme + QUESTION[5:] + A_RECORD[:12] + means.addresses.v4(b"\x0a\7\7\1") + (
        CNAME[:13] + host + b"\xc0\x0c"
    ) + TXT[:12] + bytes(7)


def test_what_makes_no_sense_is_zeroed() -> None:
    assert scrubbed(b"short", text()) is None
    assert scrubbed(HEADER + b"\x70nonsense", text()) == HEADER + bytes(9)


@given(st.integers(0, len(MESSAGE)), st.integers(0, 255), st.integers(0, len(MESSAGE)))
def test_spoiled_messages_keep_their_length(place: int, octet: int, end: int) -> None:
    data = bytearray(MESSAGE)
    data[place % len(data)] = octet
    found = scrubbed(bytes(data[:end]), text())
    assert found is None or len(found) == end
