from __future__ import annotations

from ipaddress import IPv4Address
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import dhcp_options

ROUTER = IPv4Address("10.0.0.1")
MACHINE = UUID("00112233-4455-6677-8899-aabbccddeeff")


@pytest.mark.parametrize(
    "code, octets, said",
    [
        (1, b"\xff\xff\xff\0", IPv4Address("255.255.255.0")),
        (3, ROUTER.packed, (ROUTER,)),
        (6, ROUTER.packed * 2, (ROUTER, ROUTER)),
        (51, (3600).to_bytes(4), 3600),
        (53, b"\x05", "ACK"),
        (53, b"\x63", "99"),
        (54, ROUTER.packed, ROUTER),
        (55, b"\x01\x03\x06", (1, 3, 6)),
        (61, b"\x01\x52\x54\0\0\x01\x01", "52:54:00:00:01:01"),
        (61, b"\xff\x01\x02", "ff0102"),
        (66, b"boot\0", "boot"),
        (77, b"iPXE", ("iPXE",)),
        (82, b"\x01\x04eth0\x63\x01x", {"Circuit ID": "eth0", "99": "x"}),
        (93, b"\0\x07", (7,)),
        (94, b"\x01\x03\x10", "UNDI 3.16"),
        (97, b"\0" + MACHINE.bytes_le, str(MACHINE)),
    ],
)
def test_options_are_read(code: int, octets: bytes, said: object) -> None:
    assert dhcp_options.value(code, octets) == said


@pytest.mark.parametrize("code", [1, 3, 51, 93, 94, 97])
def test_octets_that_are_not_what_the_option_says_stay_octets(code: int) -> None:
    assert dhcp_options.value(code, b"abcde") == b"abcde"


def test_what_a_vendor_says_is_read_by_its_class() -> None:
    assert dhcp_options.value(43, b"\x06\x01\x08\xff", b"PXEClient:Arch:00007") == {"PXE_DISCOVERY_CONTROL": 8}
    assert dhcp_options.value(43, b"\x06\x01\x08\xff", b"MSFT 5.0") == {"6": b"\x08"}
    assert dhcp_options.value(43, b"x") == b"x"


def test_options_have_ianas_names() -> None:
    found = dhcp_options.named([(60, b"PXEClient"), (43, b"\x06\x01\x08"), (224, b"x")])
    assert found == {"Class Id": "PXEClient", "Vendor Specific": {"PXE_DISCOVERY_CONTROL": 8}, "224": b"x"}


@given(st.integers(0, 255), st.binary(max_size=40), st.sampled_from([b"", b"PXEClient"]))
def test_no_octets_make_it_fail(code: int, octets: bytes, vendor_class: bytes) -> None:
    dhcp_options.value(code, octets, vendor_class)
