"""Scapy as the independent peer: what it builds, our decoders have to read. Typed where it enters."""

from __future__ import annotations

from typing import Any

from scapy.layers import dhcp, inet, l2, tftp
from scapy.packet import Packet

ARP: Any = l2.ARP
BOOTP: Any = dhcp.BOOTP
DHCP: Any = dhcp.DHCP
Dot1Q: Any = l2.Dot1Q
Ether: Any = l2.Ether
IP: Any = inet.IP
TCP: Any = inet.TCP
UDP: Any = inet.UDP
TFTP: Any = tftp.TFTP
TFTP_ACK: Any = tftp.TFTP_ACK
TFTP_DATA: Any = tftp.TFTP_DATA
TFTP_ERROR: Any = tftp.TFTP_ERROR
TFTP_OACK: Any = tftp.TFTP_OACK
TFTP_Option: Any = tftp.TFTP_Option
TFTP_Options: Any = tftp.TFTP_Options
TFTP_RRQ: Any = tftp.TFTP_RRQ
TFTP_WRQ: Any = tftp.TFTP_WRQ


def octets(packet: Packet) -> bytes:
    """Return a packet as it goes on the wire."""
    return bytes(packet)
