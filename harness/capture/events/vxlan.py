"""What was seen of VXLAN (RFC 7348)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class VxlanFrame(Event):
    """A tunnel carries a frame. `src` and `dst` are the tunnel's ends; what is `inner` is said of the frame within.

    `inner_length` is the inner frame's length in octets. What the inner frame says is told by events of its own, whose
    `tunnels` name this tunnel.
    """

    protocol = "vxlan"
    names = (("inner_eth_src", "inner_sent_by"), ("inner_eth_dst", "inner_sent_to"))

    vni: int
    flags: int
    inner_sent_by: str
    inner_sent_to: str
    inner_vlans: tuple[int, ...]
    inner_src: str
    inner_dst: str
    inner_src_port: int | None
    inner_dst_port: int | None
    inner_length: int
