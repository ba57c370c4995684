from __future__ import annotations

from ipaddress import IPv6Address

import pytest

from harness.incident.scrub import neighbours
from tests.incident.scrub.tools import payloads, text

ONE = IPv6Address("2001:db8::1").packed


def scrub(message: bytes, *, version: int = 6) -> bytes:
    data = bytearray(message)
    neighbours.scrub(data, 0, len(data), payloads(), lambda data, at: payloads().forget(data, at), version=version)
    return bytes(data)


def test_an_echo_keeps_its_number_and_loses_its_data() -> None:
    assert scrub(b"\x08\0\0\0\0\1\0\2secret", version=4) == b"\x08\0\0\0\0\1\0\2" + bytes(6)
    assert scrub(b"\x80\0\0\0\0\1\0\2secret") == b"\x80\0\0\0\0\1\0\2" + bytes(6)


def test_a_router_s_advertisement_keeps_its_form() -> None:
    means = text()
    fixed = b"\x86\0\0\0\x40\0\7\x08" + bytes(8)
    prefix = b"\3\4\x40\xc0" + bytes(12) + ONE
    resolver = b"\x19\3" + bytes(6) + ONE
    search = b"\x1f\2" + bytes(6) + b"\4acme\0\0\0"
    found = scrub(fixed + prefix + resolver + b"\5\1\0\0\0\0\5\xdc" + search)
    other = means.addresses.v6(ONE)
    assert found == fixed + prefix[:16] + other + resolver[:8] + other + b"\5\1\0\0\0\0\5\xdc" + b"\x1f\2" + bytes(14)


def test_a_redirect_sends_to_another_address() -> None:
    found = scrub(b"\5\1\0\0\x0a\7\7\1" + bytes(28), version=4)
    assert found[4:8] == text().addresses.v4(b"\x0a\7\7\1") != b"\x0a\7\7\1"


@pytest.mark.parametrize("message", [b"", b"\x87", b"\x87\0\0\0", b"\xc8\0\0\0\0\0\0\0data", b"\x87" + bytes(20)])
def test_what_is_cut_or_unknown_keeps_its_length(message: bytes) -> None:
    found = scrub(message)
    assert len(found) == len(message)
    assert b"data" not in found
