"""Take the dialogues of machines that boot from the network out of a capture."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from harness.capture.files.reader import open_reader
from harness.capture.frames import CaptureError
from harness.capture.protocols import dhcp, ip, tftp
from harness.incident.replay.datagram import of_frame
from harness.incident.replay.dhcp_questions import DhcpQuestions
from harness.incident.replay.dialogue import Dialogue
from harness.incident.replay.http_questions import HttpQuestions
from harness.incident.replay.tftp_questions import TftpQuestions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from harness.capture.frames import Frame
    from harness.incident.replay.datagram import Datagram
    from harness.incident.replay.dialogue import Exchange

DHCP_PORTS = frozenset({dhcp.SERVER_PORT, dhcp.CLIENT_PORT, dhcp.BOOT_SERVER_PORT})

SAME = 50_000_000
"""Nanoseconds within which one packet is captured at several interfaces of a host; nothing is sent again so soon."""

REMEMBERED = 64

SHOWN = 8


class Collector:
    """Takes the frames of a capture, in order, and finds the dialogues in them."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._dhcp = DhcpQuestions()
        self._tftp = TftpQuestions()
        self._http = HttpQuestions()
        self._recent: deque[tuple[int, bytes]] = deque(maxlen=REMEMBERED)

    def take(self, frame: Frame) -> None:
        """Take one more frame. One that says nothing of a boot is passed over."""
        one = of_frame(frame)
        if one is None:
            return
        if one.protocol == ip.TCP:
            self._http.take(one)
        elif {one.src_port, one.dst_port} & DHCP_PORTS:
            if not self._seen(one):
                self._dhcp.take(one)
        elif (one.dst_port == tftp.SERVER_PORT or self._tftp.knows(one)) and not self._seen(one):
            self._tftp.take(one)

    @property
    def notes(self) -> Sequence[str]:
        """What can't be used, in words."""
        return [*self._dhcp.notes, *self._tftp.notes, *self._http.notes]

    def dialogues(self) -> list[Dialogue]:
        """Return what was found, a dialogue for each client, in the order of their first questions."""
        found: dict[str, list[Exchange]] = {}
        for client, exchange in self._dhcp.exchanges():
            found.setdefault(client, []).append(exchange)
        servers = self._dhcp.servers | self._tftp.servers
        for exchange in (*self._tftp.exchanges(), *self._http.exchanges(servers)):
            asked = exchange.question.datagram
            found.setdefault(self._dhcp.owners.get(asked.src, asked.src_mac), []).append(exchange)
        for exchanges in found.values():
            exchanges.sort(key=lambda one: one.question.frame)
        ordered = sorted(found.items(), key=lambda item: item[1][0].question.frame)
        return [Dialogue(self._name, client, tuple(some), tuple(self.notes)) for client, some in ordered]

    def _seen(self, one: Datagram) -> bool:
        """Whether this was captured a moment ago at another interface: one that stands in for all has it already."""
        identity, time = one.identity, one.frame.time
        if any(other == identity and abs(time - at) < SAME for at, other in self._recent):
            return True
        self._recent.append((time, identity))
        return False


def dialogues(path: Path) -> list[Dialogue]:
    """Return the dialogue of each client in a capture, in the order of their first questions.

    `path` is a pcap or pcapng file of any link type and snap length. Raises `CaptureError` where it is none, or where
    nothing in it can be asked again: there is no client's frame, or none was captured whole; `OSError` as `open` does.
    """
    collector = Collector(str(path))
    with path.open("rb", buffering=0) as file:
        for frame in open_reader(file, str(path)):
            collector.take(frame)
    found = collector.dialogues()
    if not found:
        why = "; ".join(collector.notes[:SHOWN]) or "no request of a machine that boots from the network"
        raise CaptureError(str(path), 0, why, "DHCP, TFTP or HTTP requests that were captured whole (tcpdump -s 0)")
    return found


def dialogue_of(path: Path, client: str | None = None) -> Dialogue:
    """Return the dialogue of the client with that MAC address, of the first to ask where none is named.

    Raises as `dialogues`, and `CaptureError` where that client asked nothing.
    """
    found = dialogues(path)
    wanted = client.lower().replace("-", ":") if client else found[0].client
    for one in found:
        if one.client == wanted:
            return one
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    known = ", ".join(one.client for one in found[:SHOWN]) + more
    raise CaptureError(str(path), 0, f"nothing asked by {client}", f"one of the clients in it: {known}")
