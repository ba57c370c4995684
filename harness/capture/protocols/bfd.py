"""BFD control packets (RFC 5880), by scapy's layer."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.protocols import scapy_layers
from harness.capture.protocols.malformed import Malformed

PORTS = frozenset({3784, 4784})
"""Single-hop (RFC 5881) and multihop (RFC 5883)."""

HEADER = 24
VERSION = 1
FLAGS = ("multipoint", "demand", "authentication", "control-plane-independent", "final", "poll")
"""By bit, from the lowest."""


@dataclass(frozen=True, slots=True)
class Bfd:
    """A control packet: `state` and `diagnosis` in words, intervals in microseconds."""

    version: int
    diagnostic: int
    diagnosis: str
    state: str
    flags: tuple[str, ...]
    multiplier: int
    my_discriminator: int
    your_discriminator: int
    min_tx: int
    min_rx: int
    min_echo_rx: int


def parse(data: bytes) -> Bfd:
    """Decode a datagram's payload. Raises `Malformed` where a receiver would discard it for its form."""
    if len(data) < HEADER or not HEADER <= data[3] <= len(data):
        raise Malformed(f"{len(data)} bytes are no BFD control packet of {data[3] if len(data) > 3 else HEADER}")  # noqa: PLR2004 - where the length is
    if data[0] >> 5 != VERSION:
        raise Malformed(f"BFD version {data[0] >> 5}, not {VERSION}")
    packet = scapy_layers.dissect(scapy_layers.BFD, "BFD", data[: data[3]])
    diagnoses, states = packet.get_field("diag").i2s, packet.get_field("sta").i2s
    flags = int(packet.flags)
    return Bfd(
        version=packet.version,
        diagnostic=packet.diag,
        diagnosis=diagnoses.get(packet.diag, "Reserved"),
        state=states[packet.sta],
        flags=tuple(name for bit, name in enumerate(FLAGS) if flags >> bit & 1),
        multiplier=packet.detect_mult,
        my_discriminator=packet.my_discriminator,
        your_discriminator=packet.your_discriminator,
        min_tx=packet.min_tx_interval,
        min_rx=packet.min_rx_interval,
        min_echo_rx=packet.echo_rx_interval,
    )
