from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols.dhcp_fields import fields, text


@given(st.dictionaries(st.integers(1, 254), st.binary(max_size=600), max_size=5))
def test_options_longer_than_a_length_can_say_come_in_parts(options: dict[int, bytes]) -> None:
    data = b""
    for code, octets in options.items():
        for at in range(0, len(octets) or 1, 255):
            part = octets[at : at + 255]
            data += b"\0" + bytes((code, len(part))) + part
    assert fields(data + b"\xff\x0c\x01x") == options


def test_an_option_that_is_cut_ends_the_list() -> None:
    assert fields(b"\x0c\x01x\x0d\x05abc") == {12: b"x"}
    assert fields(b"\x0c") == {}


def test_a_text_may_end_with_a_zero() -> None:
    assert text(b"ipxe.efi\0junk") == "ipxe.efi"
