"""The harness's decoders as layers of scapy, for those who work with scapy.

``from harness.capture.layers import load; load()``, and scapy shows what the members of etcd and of memberlist
say to each other. Nothing of scapy is imported before `load` is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

RAFT_PORTS = (2380, 2480)
GOSSIP_PORTS = (2381, 7946)


def load(raft: Iterable[int] = RAFT_PORTS, gossip: Iterable[int] = GOSSIP_PORTS) -> None:
    """Bind the layers to ports: Raft in the streams that come from etcd's peer ports, gossip in datagrams.

    May be called again with other ports. Scapy does not put TCP streams together here: of a message that several
    segments carry, it shows octets.
    """
    from scapy.layers.inet import TCP, UDP  # noqa: PLC0415 - scapy takes long to import
    from scapy.packet import bind_bottom_up, bind_layers  # noqa: PLC0415 - as above

    from harness.capture.layers.gossip import Memberlist  # noqa: PLC0415 - as above
    from harness.capture.layers.raft import EtcdChunk  # noqa: PLC0415 - as above

    for port in raft:
        bind_layers(TCP, EtcdChunk, sport=port)
    for port in gossip:
        bind_bottom_up(UDP, Memberlist, sport=port)
        bind_layers(UDP, Memberlist, dport=port)
