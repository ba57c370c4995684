"""A capture as a busy cluster makes one, of any size: the same octets for the same seed.

Raft is that of a real etcd cluster which loses its leader, again and again, each time at other addresses. The rest is
made here: bulk TCP, a download, gossip, DHCP, ARP, VXLAN and datagrams that nobody decodes, in the shares of `SHARES`.
"""

from __future__ import annotations

import random
import struct
from itertools import count, cycle
from pathlib import Path
from typing import TYPE_CHECKING

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ETCD = Path(__file__).parents[2] / "tests/capture/data/etcd-3.4.23-leader-kill.pcap"
PEERS = {24801: 1, 24802: 2, 24803: 3}
RAFT_PORT = 2380

SHARES = {"bulk": 42, "download": 24, "raft": 20, "gossip": 5, "other": 4.5, "arp": 2, "vxlan": 1.5, "dhcp": 1}
"""Parts in a hundred."""

START = 1_700_000_000 * 10**9
EVERY = 25_000
"""Nanoseconds between frames, on average: 40,000 frames a second."""

SEGMENT = 1448
DOWNLOAD = 2000
"""Segments of a download."""

IPV4, ARP = 0x0800, 0x0806
TCP, UDP = 6, 17
ACK = 0x10


def write(path: Path, size: int, *, seed: int = 0) -> dict[str, int]:
    """Write a capture of so many frames, and return how many there are of each part."""
    choice = random.Random(seed)  # noqa: S311 - nothing is secret here
    makers: dict[str, Iterator[bytes]] = {name: make(choice) for name, make in MAKERS.items()}
    made = dict.fromkeys(SHARES, 0)
    with Writer.create(path, ["segment"]) as writer:
        parts = choice.choices(list(SHARES), list(SHARES.values()), k=size)
        for number, part in enumerate(parts):
            made[part] += 1
            writer.write(next(makers[part]), START + number * EVERY + choice.randrange(EVERY))
    return made


def _ethernet(ethertype: int, payload: bytes, sender: int = 1, receiver: int = 2) -> bytes:
    return struct.pack(">HIHIH", 0x5254, receiver, 0x5254, sender, ethertype) + payload


def _ipv4(protocol: int, payload: bytes, source: int, to: int) -> bytes:
    return struct.pack(">BBHIBBHII", 0x45, 0, 20 + len(payload), 0, 64, protocol, 0, source, to) + payload


def _tcp(payload: bytes, ports: tuple[int, int], numbers: tuple[int, int], ends: tuple[int, int]) -> bytes:
    sequence, acknowledged = (number % 2**32 for number in numbers)
    head = struct.pack(">HHIIBBHI", *ports, sequence, acknowledged, 0x50, ACK, 512, 0)
    return _ethernet(IPV4, _ipv4(TCP, head + payload, *ends))


def _udp(payload: bytes, ports: tuple[int, int], source: int, to: int) -> bytes:
    return _ethernet(IPV4, _ipv4(UDP, struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload, source, to))


def _flow(client: int, server: int, ports: tuple[int, int], choice: random.Random) -> Iterator[bytes]:
    """Yield what a server sends in bulk, and an acknowledgement for every second segment."""
    body = choice.randbytes(SEGMENT)
    for number in count():
        sent = number * 2 * SEGMENT
        for part in (sent, sent + SEGMENT):
            yield _tcp(body, ports, (part, 1), (server, client))
        yield _tcp(b"", ports[::-1], (1, sent + 2 * SEGMENT), (client, server))


def _bulk(choice: random.Random) -> Iterator[bytes]:
    return _flow(0x0A000001, 0x0A000002, (5001, 40000), choice)


def _download(choice: random.Random) -> Iterator[bytes]:
    """Yield downloads of 3 MB by HTTP, one after another."""
    client, server = 0x0A000003, 0x0A000004
    up, down = (client, server), (server, client)
    request = b"GET /initrd.img HTTP/1.1\r\nHost: boot\r\n\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (DOWNLOAD * SEGMENT)
    asked = 1 + len(request)
    for client_port in cycle(range(20_000, 60_000)):
        to_client, to_server = (80, client_port), (client_port, 80)
        yield _tcp(request, to_server, (1, 1), up)
        yield _tcp(head, to_client, (1, asked), down)
        body = choice.randbytes(SEGMENT)
        sent = 1 + len(head)
        for number in range(DOWNLOAD):
            yield _tcp(body, to_client, (sent, asked), down)
            sent += SEGMENT
            if number % 2:
                yield _tcp(b"", to_server, (asked, sent), up)


def _raft(choice: random.Random) -> Iterator[bytes]:
    """Yield the frames of a real cluster, whose members get addresses of their own in each round."""
    del choice
    captured = [frame.data for frame in frames(ETCD)]
    for turn in count(1):
        net = bytes((10, 1 + turn // 256 % 200, turn % 256))
        for data in captured:
            yield _moved(data, net)


def _moved(data: bytes, net: bytes) -> bytes:
    tcp = 14 + (data[14] & 0x0F) * 4
    source, to = struct.unpack_from(">HH", data, tcp)
    ports = struct.pack(">HH", *(RAFT_PORT if port in PEERS else port for port in (source, to)))
    ends = b"".join(net + bytes((PEERS.get(port, 9),)) for port in (source, to))
    return data[:26] + ends + data[34:tcp] + ports + data[tcp + 4 :]


def _gossip(choice: random.Random) -> Iterator[bytes]:
    """Yield probes of memberlist and their answers."""
    for number in count():
        name = b"node%02d" % choice.randrange(1, 9)
        ping = b"\x00\x82\xa5SeqNo\xcd%b\xa4Node%c%b" % ((number % 65536).to_bytes(2), 0xA0 | len(name), name)
        yield _udp(ping, (7946, 7946), 0x0A000001, 0x0A000002)
        answer = b"\x02\x82\xa5SeqNo\xcd%b\xa7Payload\xa0" % (number % 65536).to_bytes(2)
        yield _udp(answer, (7946, 7946), 0x0A000002, 0x0A000001)


def _other(choice: random.Random) -> Iterator[bytes]:
    """Yield datagrams that nobody decodes."""
    while True:
        yield _udp(
            choice.randbytes(choice.randrange(20, 400)), (choice.randrange(1024, 65536), 53), 0x0A000005, 0x0A000006
        )


def _arp(choice: random.Random) -> Iterator[bytes]:
    while True:
        sender, target = (0x0A000000 + choice.randrange(1, 255) for _ in "12")
        yield _ethernet(ARP, struct.pack(">HHBBHHIIHII", 1, IPV4, 6, 4, 1, 0x5254, 1, sender, 0, 0, target))


def _dhcp_message(kind: int, client: int, transaction: int) -> bytes:
    head = struct.pack(
        ">BBBBIHHIIIIHI10x192x", 1 if kind in (1, 3) else 2, 1, 6, 0, transaction, 0, 0, 0, 0, 0, 0, 0x5254, client
    )
    return head + bytes.fromhex("63825363") + bytes((53, 1, kind, 255))


def _dhcp(choice: random.Random) -> Iterator[bytes]:
    """Yield leases: discover, offer, request, acknowledgement."""
    while True:
        client, transaction = choice.randrange(1 << 32), choice.randrange(1 << 32)
        for kind in (1, 2, 3, 5):
            ports = (68, 67) if kind in (1, 3) else (67, 68)
            yield _udp(_dhcp_message(kind, client, transaction), ports, 0, 0xFFFFFFFF)


def _vxlan(choice: random.Random) -> Iterator[bytes]:
    """Yield what two networks' machines say by ARP, and what they send each other."""
    asked, sent = _arp(choice), _other(choice)
    while True:
        head = struct.pack(">II", 0x08000000, choice.randrange(1, 3) << 8)
        yield _udp(
            head + next(choice.choice((asked, sent))), (choice.randrange(49152, 65536), 4789), 0x0A0A0001, 0x0A0A0002
        )


MAKERS: dict[str, Callable[[random.Random], Iterator[bytes]]] = {
    "bulk": _bulk,
    "download": _download,
    "raft": _raft,
    "gossip": _gossip,
    "other": _other,
    "arp": _arp,
    "vxlan": _vxlan,
    "dhcp": _dhcp,
}
