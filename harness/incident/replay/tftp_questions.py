"""What clients asked of TFTP servers in a capture, and the first blocks that they got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.capture.protocols import tftp
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.dialogue import TFTP, Exchange, Message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.capture.protocols.tftp import Packet
    from harness.incident.replay.datagram import Datagram

FIRST = 4
"""Questions of one transfer that are kept, its request among them: they show what is sent, the rest is bulk."""

LONGEST_REQUEST = 512


@dataclass
class _Transfer:
    """From a request on: what was asked in it, each with what was answered before the next."""

    asked: list[tuple[Message, list[Message]]] = field(default_factory=list)
    left_out: int = 0


class TftpQuestions:
    """Takes datagrams that belong to TFTP transfers, in order."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.servers: set[str] = set()
        self._open: dict[tuple[IPv4Address, int, IPv4Address], _Transfer] = {}
        self._all: list[_Transfer] = []

    def knows(self, one: Datagram) -> bool:
        """Whether a datagram is of a transfer that was asked for before."""
        return (one.src, one.src_port, one.dst) in self._open or (one.dst, one.dst_port, one.src) in self._open

    def take(self, one: Datagram) -> None:
        """Take a datagram to a TFTP server, or one that `knows` knows."""
        try:
            packet = tftp.parse(one.payload, one.length)
        except Malformed as problem:
            self.notes.append(f"frame {one.frame.number}: TFTP that can't be read: {problem}")
            return
        message = Message(TFTP, words(packet), one, one.payload, one.length)
        if one.dst_port == tftp.SERVER_PORT:
            self._begin(message, packet)
        elif transfer := self._open.get((one.src, one.src_port, one.dst)):
            self._ask(transfer, message)
        elif (transfer := self._open.get((one.dst, one.dst_port, one.src))) and not transfer.left_out:
            transfer.asked[-1][1].append(message)

    def exchanges(self) -> Iterator[Exchange]:
        """Yield each question with its answers."""
        for transfer in self._all:
            for at, (question, answers) in enumerate(transfer.asked):
                later = transfer.asked[at + 1 :]
                again = any(other.payload == question.payload and answered for other, answered in later)
                yield Exchange(question, tuple(answers), again)

    def _begin(self, message: Message, packet: Packet) -> None:
        one = message.datagram
        if not message.whole:
            kept = f"only {len(one.payload)} of its {one.length} bytes were captured"
            self.notes.append(f"frame {one.frame.number}: a TFTP request of {one.src} can't be sent: {kept}")
            return
        self.servers.add(str(one.dst))
        key = (one.src, one.src_port, one.dst)
        before = self._open.get(key)
        if before is not None and before.asked[0][0].payload == one.payload:
            self._ask(before, message)
        elif isinstance(packet, tftp.Request):
            self._open[key] = _Transfer([(message, [])])
            self._all.append(self._open[key])

    @staticmethod
    def _ask(transfer: _Transfer, message: Message) -> None:
        if len(transfer.asked) < FIRST and not transfer.left_out:
            transfer.asked.append((message, []))
        else:
            transfer.left_out += 1


def words(packet: Packet) -> str:
    """Return a packet in a few words."""
    match packet:
        case tftp.Request():
            return f"{'write' if packet.write else 'read'} {packet.file}"
        case tftp.Data():
            return f"block {packet.block}"
        case tftp.Ack():
            return f"acknowledge {packet.block}"
        case tftp.OptionAck():
            return "options"
        case tftp.Error():
            return f"error {packet.code}"
