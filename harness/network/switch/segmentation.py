"""What a network card does for the kernel, done in software: TCP segmentation (TSO) and checksums.

Pure: bytes in, frames out. The rules are those of Linux's ``tcp_gso_segment``: the sequence number goes on, IPv4
identifiers count up, FIN and PSH are the last segment's, CWR the first's.
"""

from __future__ import annotations

from harness.network import tags
from harness.network.checksum import FULL, completed, finished, fold, ones_sum
from harness.network.switch import offload

TCP = 6
TCP_CHECKSUM = 16
TCP_SEQUENCE = slice(4, 8)
TCP_FLAGS = 13
FIN_PSH = 0x09
CWR = 0x80
IP4_SMALLEST = 20
IP6_HEADER = 40
TCP_SMALLEST = 20
SEQUENCE = 1 << 32


def frames(data: bytes) -> list[bytes]:
    """Return the whole frames that a frame with its offload header stands for: one, or its segments.

    Raises `ValueError` where the header and the frame don't fit together.
    """
    head = offload.parse(data)
    frame = data[offload.LENGTH :]
    kind = head.kind & ~offload.CONGESTION
    if kind in (offload.TCP4, offload.TCP6):
        return _segments(frame, head)
    if kind:
        raise ValueError(f"segmentation of kind {kind} was not offered")
    if head.flags & offload.NEEDS_CHECKSUM:
        return [completed(frame, head.start, head.offset)]
    return [frame]


def longest(data: bytes) -> int:
    """Return the length of the longest frame that a frame with its offload header stands for, in bytes."""
    length = len(data) - offload.LENGTH
    if not data[1]:
        return length
    head = offload.parse(data)
    # Linux's header_length is what it holds in one piece, which may be more than the headers.
    payload = head.start + (data[offload.LENGTH + head.start + 12] >> 4) * 4 if length > head.start + 12 else length
    return min(length, payload + head.segment_size)


def _segments(frame: bytes, head: offload.Offload) -> list[bytes]:
    network = tags.TAGGED_HEADER if frame[tags.ADDRESSES : tags.HEADER] == tags.TPID else tags.HEADER
    transport = head.start
    smallest = IP6_HEADER if head.kind & offload.TCP6 else IP4_SMALLEST
    if transport < network + smallest or len(frame) < transport + TCP_SMALLEST or not head.segment_size:
        raise ValueError(f"a TCP header at byte {transport} of a frame of {len(frame)} that is to be segmented")
    start = transport + (frame[transport + 12] >> 4) * 4
    if not transport + TCP_SMALLEST <= start <= len(frame):
        raise ValueError(f"TCP's payload at byte {start} of a frame of {len(frame)}")
    step = head.segment_size
    pieces = [frame[at : at + step] for at in range(start, len(frame), step)] or [b""]
    network_header = _ipv6 if head.kind & offload.TCP6 else _ipv4
    link, ip, tcp = frame[:network], frame[network:transport], bytearray(frame[transport:start])
    first = int.from_bytes(tcp[TCP_SEQUENCE], "big")
    flags = tcp[TCP_FLAGS]
    made = []
    for number, piece in enumerate(pieces):
        tcp[TCP_SEQUENCE] = ((first + number * step) % SEQUENCE).to_bytes(4, "big")
        tcp[TCP_FLAGS] = flags & ~(0 if number == len(pieces) - 1 else FIN_PSH) & ~(CWR if number else 0)
        its_ip, pseudo = network_header(ip, number, len(tcp) + len(piece))
        tcp[TCP_CHECKSUM : TCP_CHECKSUM + 2] = b"\0\0"
        total = fold(pseudo + ones_sum(tcp) + ones_sum(piece))  # a TCP header is a multiple of 4 bytes
        tcp[TCP_CHECKSUM : TCP_CHECKSUM + 2] = finished(total, TCP_CHECKSUM)
        made.append(b"".join((link, its_ip, tcp, piece)))
    return made


def _ipv4(header: bytes, number: int, length: int) -> tuple[bytes, int]:
    """Return the IPv4 header of a segment, and the sum of its pseudo-header (RFC 9293, section 3.1)."""
    made = bytearray(header)
    made[2:4] = ((len(header) + length) & FULL).to_bytes(2, "big")
    made[4:6] = ((int.from_bytes(header[4:6], "big") + number) & FULL).to_bytes(2, "big")
    made[10:12] = b"\0\0"
    made[10:12] = finished(ones_sum(made), 10)
    return bytes(made), ones_sum(header[12:20]) + TCP + length


def _ipv6(header: bytes, _number: int, length: int) -> tuple[bytes, int]:
    """Return the IPv6 headers of a segment, and the sum of its pseudo-header (RFC 8200, section 8.1)."""
    extensions = len(header) - IP6_HEADER
    return header[:4] + (extensions + length).to_bytes(2, "big") + header[6:], ones_sum(header[8:40]) + TCP + length
