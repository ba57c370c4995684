"""TFTP transfers: which file went to whom, and whether the last block of it was acknowledged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture import events
from harness.capture.conversations.datagram import Address, endpoint
from harness.capture.protocols import tftp

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.capture.conversations.datagram import Datagram

BLOCKS = 1 << 16
HALF = BLOCKS // 2

PATIENCE = 60 * 10**9
"""After how long without a packet, in nanoseconds, nobody goes on with a transfer; clients give up earlier."""


@dataclass
class _Transfer:
    """One transfer. The server chooses a port of its own when it answers, so the client's is what it is known by."""

    file: str
    client: events.Endpoint
    last: events.Origin
    attempts: int = 1
    block_size: int = tftp.DEFAULT_BLOCK_SIZE
    highest: int = 0
    seen: int = 0
    retransmitted: int = 0
    last_length: int | None = None

    def take(self, data: tftp.Data) -> None:
        """Count a block, whether it is new or sent again; numbers wrap."""
        ahead = (data.block - self.highest + HALF) % BLOCKS - HALF
        if ahead <= 0:
            self.retransmitted += 1
            return
        self.highest += ahead
        self.seen += 1
        if data.length < self.block_size:
            self.last_length = data.length

    def ended_by(self, ack: tftp.Ack) -> bool:
        """Whether this acknowledges the block that is shorter than the others, and so the last."""
        return self.last_length is not None and ack.block == self.highest % BLOCKS

    def tally(self) -> tuple[int, int, int, int]:
        """Return the octets, the blocks, how many of these were not seen, and how many were sent again."""
        whole = self.highest if self.last_length is None else self.highest - 1
        octets = whole * self.block_size + (self.last_length or 0)
        return octets, self.highest, self.highest - self.seen, self.retransmitted


class TftpTransfers:
    """Follows all transfers of one link."""

    def __init__(self) -> None:
        self._transfers: dict[Address, _Transfer] = {}

    def knows(self, address: Address) -> bool:
        """Whether a transfer runs at that address, so that datagrams from and to it belong here."""
        return address in self._transfers

    def follow(self, datagram: Datagram) -> Iterator[events.Event]:
        """Yield what a datagram to port 69, or of a transfer that is known, means. Raises `Malformed`."""
        packet = tftp.parse(datagram.payload, datagram.length)
        if isinstance(packet, tftp.Request):
            yield from self._start(datagram, packet)
            return
        client = datagram.sender if datagram.sender in self._transfers else datagram.receiver
        transfer = self._transfers.get(client)
        if transfer is None:
            return
        transfer.last = datagram.origin
        if isinstance(packet, tftp.Data):
            transfer.take(packet)
        elif isinstance(packet, tftp.OptionAck):
            transfer.block_size = packet.number("blksize") or transfer.block_size
            size = packet.number("tsize")
            yield events.TftpOptions(*datagram.origin, transfer.client, transfer.file, packet.options, size)
        elif isinstance(packet, tftp.Error):
            del self._transfers[client]
            yield events.TftpError(*datagram.origin, transfer.client, transfer.file, packet.code, packet.message)
        elif transfer.ended_by(packet):
            del self._transfers[client]
            yield events.TftpComplete(*datagram.origin, transfer.client, transfer.file, *transfer.tally())

    def finish(self) -> Iterator[events.Event]:
        """Yield the transfers that are unfinished when the capture ends."""
        for client in list(self._transfers):
            yield self._give_up(client, "the capture ends")

    def _start(self, datagram: Datagram, request: tftp.Request) -> Iterator[events.Event]:
        yield from self._forget_idle(datagram.origin.time)
        attempt = 1
        known = self._transfers.get(datagram.sender)
        if known is not None and known.file == request.file and not known.seen:
            attempt = known.attempts + 1
        elif known is not None:
            yield self._give_up(datagram.sender, "the client asked for another file, or again")
        client = endpoint(datagram.sender)
        self._transfers[datagram.sender] = _Transfer(request.file, client, datagram.origin, attempt)
        said = (request.file, request.write, request.mode, request.options)
        yield events.TftpRequest(*datagram.origin, client, *said, attempt=attempt)

    def _forget_idle(self, now: int) -> Iterator[events.Event]:
        idle = [client for client, transfer in self._transfers.items() if now - transfer.last.time > PATIENCE]
        for client in idle:
            yield self._give_up(client, f"nothing came for {PATIENCE // 10**9} s")

    def _give_up(self, client: Address, reason: str) -> events.TftpUnfinished:
        transfer = self._transfers.pop(client)
        return events.TftpUnfinished(*transfer.last, transfer.client, transfer.file, *transfer.tally(), reason)
