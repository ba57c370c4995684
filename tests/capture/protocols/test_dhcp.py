from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import dhcp, pxe_options
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import BOOTP, DHCP, octets

addresses = st.integers(1, 2**32 - 1).map(IPv4Address)
texts = st.text("abcdefghijklmnopqrstuvwxyz/.:-", min_size=1, max_size=60)


def message(*options: object, **fields: object) -> bytes:
    packet = BOOTP(chaddr=build.mac(build.CLIENT_MAC), **fields)
    return octets(packet / DHCP(options=[*options, "end"]))


@given(
    kind=st.integers(1, 8),
    transaction=st.integers(0, 2**32 - 1),
    address=addresses,
    next_server=addresses,
    server=addresses,
    requested=addresses,
    name=texts,
    file=texts,
)
def test_what_scapy_says_is_read(
    *,
    kind: int,
    transaction: int,
    address: IPv4Address,
    next_server: IPv4Address,
    server: IPv4Address,
    requested: IPv4Address,
    name: str,
    file: str,
) -> None:
    data = message(
        ("message-type", kind),
        ("server_id", str(server)),
        ("requested_addr", str(requested)),
        ("hostname", "node01"),
        xid=transaction,
        yiaddr=str(address),
        siaddr=str(next_server),
        sname=name.encode(),
        file=file.encode(),
    )
    found = dhcp.parse(data)
    assert (found.type, found.transaction, found.client) == (kind, transaction, build.CLIENT_MAC)
    assert (found.address, found.next_server, found.client_address) == (address, next_server, None)
    assert (found.server, found.requested, found.host_name) == (server, requested, "node01")
    assert (found.server_name, found.boot_file) == (name, file)


DISCOVER = ("message-type", 1)


def test_options_66_and_67_count_more_than_the_fixed_fields() -> None:
    found = dhcp.parse(message(DISCOVER, (66, b"server\0"), (67, b"ipxe.efi\0"), sname=b"old", file=b"older"))
    assert (found.server_name, found.boot_file) == ("server", "ipxe.efi")


def test_options_may_go_on_in_the_fixed_fields() -> None:
    file = bytes((67, 4)) + b"file" + bytes((12, 3)) + b"e01\xff"
    found = dhcp.parse(message(DISCOVER, (52, b"\x03"), (12, b"nod"), file=file, sname=bytes((66, 4)) + b"name\xff"))
    assert (found.boot_file, found.server_name, found.host_name) == ("file", "name", "node01")


def test_the_parts_of_a_long_option_are_joined() -> None:
    assert dhcp.parse(message(DISCOVER, (67, b"http://"), (60, b"x"), (67, b"server/"))).boot_file == "http://server/"


@pytest.mark.parametrize(
    "option, classes",
    [
        (b"iPXE", ("iPXE",)),
        (b"\x04iPXE", ("iPXE",)),
        (b"\x04iPXE\x03abc", ("iPXE", "abc")),
        (b"", ()),
        (b"\x00", ("",)),
        (b"\x05iPXE", ("\x05iPXE",)),
    ],
)
def test_user_classes_are_read_as_the_rfc_and_as_ipxe_have_them(option: bytes, classes: tuple[str, ...]) -> None:
    assert pxe_options.user_classes(option) == classes


def test_what_firmware_says_of_itself_is_read() -> None:
    found = dhcp.parse(message(DISCOVER, (60, b"PXEClient:Arch:00007:UNDI:003016"), (93, b"\x00\x07\x00\x10")))
    assert found.vendor_class == "PXEClient:Arch:00007:UNDI:003016"
    assert found.architectures == (7, 16)
    assert found.user_class == ()


def test_the_options_of_ipxe_within_its_own_are_read() -> None:
    assert dhcp.parse(message(DISCOVER, (175, b"\xb1\x05\x01\x1a\xf4\x10\x00\x13\x01\x01"))).ipxe == {
        177: b"\x01\x1a\xf4\x10\x00",
        19: b"\x01",
    }


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"short", "5 bytes without DHCP's cookie at byte 236"),
        (bytes(240), "240 bytes without DHCP's cookie"),
        (message(DISCOVER, htype=6), "hardware type 6 with addresses of 6 bytes"),
        (message(("hostname", "old")), "BOOTP without a DHCP message type"),
    ],
)
def test_what_is_no_dhcp_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        dhcp.parse(data)


@given(st.binary(max_size=60))
def test_any_options_are_read_up_to_the_last_whole_one(options: bytes) -> None:
    data = message(DISCOVER)[:-1] + options
    found = dhcp.parse(data) if not options.startswith((b"\x35", b"\x34")) else None
    if found is not None:
        assert found.client == build.CLIENT_MAC
        _ = (found.user_class, found.architectures, found.ipxe, found.server)


@given(st.binary(max_size=400))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        dhcp.parse(data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
