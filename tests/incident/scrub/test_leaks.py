from __future__ import annotations

import io

import pytest

from harness.incident.scrub.leaks import WINDOW, Leaks
from tests.incident.scrub.tools import text


def leaks() -> Leaks:
    means = text("acme01", "n1")
    means.addresses.v4(bytes((10, 7, 8, 9)))
    means.addresses.mac(bytes.fromhex("001b21aabbcc"))
    return Leaks(means)


@pytest.mark.parametrize(
    "octets,kind",
    [
        (b"on ACME01.", "a name or an address, as text"),
        (b"from 10.7.8.9:80", "a name or an address, as text"),
        (b"00:1B:21:aa:bb:cc", "a name or an address, as text"),
        (bytes.fromhex("00001b21aabbcc00"), "an address, as octets"),
        (b"x" * (WINDOW - 3) + b" acme01 ", "a name or an address, as text"),
        (b"xacme01 n1 10.7.8.91 210.7.8.9", None),
        (b"", None),
    ],
)
def test_what_is_left_of_the_originals_is_found(octets: bytes, kind: str | None) -> None:
    assert leaks().found(io.BytesIO(octets)) == kind


def test_where_nothing_was_replaced_nothing_is_left() -> None:
    assert Leaks(text()).found(io.BytesIO(b"anything")) is None
