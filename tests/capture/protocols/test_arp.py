from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import arp
from harness.capture.protocols.malformed import Malformed
from tests.capture import build
from tests.capture.peer import ARP, octets


@given(st.integers(0, 65535), st.integers(0, 2**32 - 1).map(IPv4Address), st.integers(0, 2**32 - 1).map(IPv4Address))
def test_what_scapy_asks_is_read(operation: int, sender: IPv4Address, target: IPv4Address) -> None:
    packet = ARP(op=operation, hwsrc=build.CLIENT_MAC, psrc=str(sender), hwdst=build.SERVER_MAC, pdst=str(target))
    assert arp.parse(octets(packet) + bytes(18)) == arp.Arp(
        operation, build.CLIENT_MAC, sender, build.SERVER_MAC, target
    )


def test_other_hardware_is_malformed() -> None:
    with pytest.raises(Malformed, match="ARP for hardware 6 and protocol 0x0800, not Ethernet and IPv4"):
        arp.parse(octets(ARP(hwtype=6, hwlen=6, plen=4)))


@given(st.binary(max_size=27))
def test_too_few_octets_are_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match=f"an ARP packet of {len(data)} bytes, not 28"):
        arp.parse(data)
