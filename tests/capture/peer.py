"""Scapy as the independent peer: what it builds, our decoders have to read. Typed where it enters."""

from __future__ import annotations

from typing import Any

from scapy.layers import dhcp, inet, inet6, l2, tftp, vrrp, vxlan
from scapy.packet import Packet

from harness.capture.protocols import scapy_layers

ARP: Any = l2.ARP
BFD: Any = scapy_layers.load(scapy_layers.BFD).BFD
BOOTP: Any = dhcp.BOOTP
DHCP: Any = dhcp.DHCP
Dot1Q: Any = l2.Dot1Q
Ether: Any = l2.Ether
ICMP: Any = inet.ICMP
ICMPv6EchoRequest: Any = inet6.ICMPv6EchoRequest
ICMPv6PacketTooBig: Any = inet6.ICMPv6PacketTooBig
IP: Any = inet.IP
IPv6: Any = inet6.IPv6
IPv6ExtHdrDestOpt: Any = inet6.IPv6ExtHdrDestOpt
IPv6ExtHdrFragment: Any = inet6.IPv6ExtHdrFragment
IPv6ExtHdrHopByHop: Any = inet6.IPv6ExtHdrHopByHop
IPv6ExtHdrRouting: Any = inet6.IPv6ExtHdrRouting
TCP: Any = inet.TCP
UDP: Any = inet.UDP
VRRP: Any = vrrp.VRRP
VRRPv3: Any = vrrp.VRRPv3
VXLAN: Any = vxlan.VXLAN
bgp: Any = scapy_layers.load(scapy_layers.BGP)
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
