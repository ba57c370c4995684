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


@dataclass
class _Transfer:
    """One transfer. The server chooses a port of its own when it answers, so the client's is what it is known by."""

    file: str
    client: events.Endpoint
    block_size: int = tftp.DEFAULT_BLOCK_SIZE
    highest: int = 0
    seen: int = 0
    last_length: int | None = None

    def take(self, data: tftp.Data) -> None:
        """Count a block that was not seen before; numbers wrap."""
        ahead = (data.block - self.highest + HALF) % BLOCKS - HALF
        if ahead <= 0:
            return
        self.highest += ahead
        self.seen += 1
        if data.length < self.block_size:
            self.last_length = data.length

    def ended_by(self, ack: tftp.Ack) -> bool:
        """Whether this acknowledges the block that is shorter than the others, and so the last."""
        return self.last_length is not None and ack.block == self.highest % BLOCKS

    @property
    def octets(self) -> int:
        return max(self.highest - 1, 0) * self.block_size + (self.last_length or 0)


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
            yield self._start(datagram, packet)
            return
        client = datagram.sender if datagram.sender in self._transfers else datagram.receiver
        transfer = self._transfers.get(client)
        if transfer is None:
            return
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
            yield _complete(datagram.origin, transfer)

    def _start(self, datagram: Datagram, request: tftp.Request) -> events.Event:
        client = endpoint(datagram.sender)
        self._transfers[datagram.sender] = _Transfer(request.file, client)
        return events.TftpRequest(*datagram.origin, client, request.file, request.write, request.mode, request.options)


def _complete(origin: events.Origin, transfer: _Transfer) -> events.TftpComplete:
    missing = transfer.highest - transfer.seen
    return events.TftpComplete(
        *origin, transfer.client, transfer.file, octets=transfer.octets, blocks=transfer.highest, missing=missing
    )
