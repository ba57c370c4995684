"""Which DHCP message answers which, in a capture."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from harness.capture.protocols import dhcp
from harness.capture.protocols.dhcp_options import MESSAGE_TYPES
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.dialogue import DHCP, Exchange, Message
from harness.incident.replay.relayed import as_unrelayed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from ipaddress import IPv4Address

    from harness.capture.protocols.dhcp import Dhcp
    from harness.incident.replay.datagram import Datagram

REQUEST, REPLY = 1, 2
"""What the field `op` says: who speaks (RFC 2131, section 2)."""

ANSWERED_BY = {
    dhcp.DISCOVER: {dhcp.OFFER, dhcp.ACK},
    dhcp.REQUEST: {dhcp.ACK, dhcp.NAK},
    dhcp.INFORM: {dhcp.ACK},
}
"""A server may answer a DISCOVER at once (RFC 4039); other kinds are answered by none."""

PASSED_ON = 500_000_000
"""Nanoseconds within which a relay agent's two sides have the same message; no client asks again so soon."""


class Said(NamedTuple):
    """A message, decoded, and as it was captured."""

    dhcp: Dhcp
    message: Message


class DhcpQuestions:
    """Takes DHCP datagrams in order. `owners` are the clients by the addresses that they were seen to have."""

    def __init__(self) -> None:
        self.owners: dict[IPv4Address, str] = {}
        self.servers: set[str] = set()
        """The addresses and names of servers: those that answered, and those that clients were sent to."""
        self.notes: list[str] = []
        self._questions: list[Said] = []
        self._answers: list[Said] = []
        self._taken: dict[tuple[object, ...], int] = {}
        self._relays: set[IPv4Address] = set()

    def take(self, one: Datagram) -> None:
        """Take a datagram from or to a DHCP port."""
        try:
            found = dhcp.parse(one.payload)
        except Malformed as problem:
            reason = str(problem) if one.whole else f"only {len(one.payload)} of its {one.length} bytes were captured"
            self.notes.append(f"frame {one.frame.number}: DHCP that can't be read: {reason}")
            return
        both_sides = self._is_taken(found, one)
        if found.relay is not None:
            if both_sides:
                return
            self._note_relay(found.relay, one)
            one = as_unrelayed(one, found)
            found = dhcp.parse(one.payload)
        said = Said(found, Message(DHCP, kind(found), one, one.payload, one.length))
        if found.operation == REQUEST and not one.whole:
            kept = f"only {len(one.payload)} of its {one.length} bytes were captured"
            self.notes.append(f"frame {one.frame.number}: {said.message.what} of {found.client} can't be sent: {kept}")
        elif found.operation == REQUEST:
            self._questions.append(said)
        elif found.operation == REPLY:
            self._answers.append(said)
            self._learn(found, one)
        if found.client_address is not None:
            self.owners[found.client_address] = found.client

    def exchanges(self) -> Iterator[tuple[str, Exchange]]:
        """Yield each question with its answers, and the MAC address of who asked."""
        answers = self._paired()
        for at, said in enumerate(self._questions):
            later = range(at + 1, len(self._questions))
            again = any(answers.get(other) and _alike(said, self._questions[other]) for other in later)
            yield said.dhcp.client, Exchange(said.message, tuple(answers.get(at, ())), again)

    def _is_taken(self, found: Dhcp, one: Datagram) -> bool:
        """Whether the same was captured a moment ago, maybe on a relay agent's other side."""
        key = (found.operation, found.transaction, found.client, found.type, found.server, found.address)
        before, self._taken[key] = self._taken.get(key), one.frame.time
        return before is not None and one.frame.time - before < PASSED_ON

    def _note_relay(self, relay: IPv4Address, one: Datagram) -> None:
        if relay not in self._relays:
            self._relays.add(relay)
            because = "it is asked as the client itself said it, since nobody relays here"
            self.notes.append(f"frame {one.frame.number}: DHCP by way of the relay agent {relay}: {because}")

    def _learn(self, found: Dhcp, one: Datagram) -> None:
        if found.type == dhcp.ACK and found.address is not None:
            self.owners[found.address] = found.client
        self.servers |= {str(address) for address in (found.server, found.next_server, one.src) if address is not None}
        self.servers |= {name for name in (found.server_name, urlsplit(found.boot_file).hostname) if name}

    def _paired(self) -> dict[int, list[Message]]:
        """Return the answers by the numbers of their questions.

        A server answers in order, but maybe not everything: so each server's last answer is to the last of the
        questions alike before it, the one before to the question before.
        """
        found: dict[int, list[Message]] = {}
        taken: set[tuple[int, str]] = set()
        for said in reversed(self._answers):
            server = f"{said.dhcp.server or said.message.datagram.src}:{said.message.datagram.src_port}"
            fitting = [at for at in reversed(range(len(self._questions))) if self._answers_to(said, at)]
            if not fitting:
                continue
            at = next((one for one in fitting if (one, server) not in taken), fitting[0])
            taken.add((at, server))
            found.setdefault(at, []).insert(0, said.message)
        return found

    def _answers_to(self, said: Said, at: int) -> bool:
        asked, question = self._questions[at]
        return (
            (asked.transaction, asked.client) == (said.dhcp.transaction, said.dhcp.client)
            and said.dhcp.type in ANSWERED_BY.get(asked.type, ())
            and question.datagram.frame.number < said.message.frame
            and (question.datagram.dst_port == dhcp.BOOT_SERVER_PORT)
            == (said.message.datagram.src_port == dhcp.BOOT_SERVER_PORT)
        )


def kind(message: Dhcp) -> str:
    """Return a message's type as its documents write it."""
    known = 0 < message.type <= len(MESSAGE_TYPES)
    return MESSAGE_TYPES[message.type - 1] if known else f"type {message.type}"


def _alike(one: Said, other: Said) -> bool:
    """Whether a question is another one, asked again."""
    return _subject(one) == _subject(other)


def _subject(said: Said) -> tuple[int, str, int, int]:
    return (said.dhcp.transaction, said.dhcp.client, said.dhcp.type, said.message.datagram.dst_port)
