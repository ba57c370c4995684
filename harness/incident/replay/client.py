"""The client of a recorded dialogue, on a segment of today: it asks what was asked, and hears what is answered."""

from __future__ import annotations

import struct
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp, http_head, ip, tftp
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay import http_questions, tftp_questions
from harness.incident.replay.adapting import Adapted, dhcp_question, http_question
from harness.incident.replay.comparison import Step
from harness.incident.replay.datagram import Way, udp_frame
from harness.incident.replay.dhcp_questions import ANSWERED_BY, REPLY, kind
from harness.incident.replay.dialogue import DHCP, HTTP, TFTP, Message
from harness.incident.replay.excuses import Moved
from harness.incident.replay.matching import matched
from harness.incident.replay.seat import EVERYONE, NOBODY
from harness.incident.replay.tcp_client import Connection
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.incident.replay.datagram import Datagram
    from harness.incident.replay.dialogue import Dialogue, Exchange
    from harness.incident.replay.seat import Seat

QUIET = 1 * seconds
"""How long an answer that was not recorded is waited for."""

LINGER = 100 * milliseconds
"""How long more answers are waited for than were recorded."""

NO_MORE = struct.pack("!HH", tftp.ERROR, 0) + b"the replay ends here\0"
EVERYWHERE = "255.255.255.255"


class Client:
    """Asks the questions of a dialogue, one at a time, and compares the answers."""

    def __init__(
        self,
        dialogue: Dialogue,
        seat: Seat,
        *,
        server: IPv4Address | None,
        within: timedelta,
        stand_ins: Collection[str] = (),
    ) -> None:
        self._dialogue = dialogue
        self._seat = seat
        self._server = server
        self._within = within
        self._stand_ins = stand_ins
        self._moved = Moved()
        self._transfers: dict[int, Way] = {}
        self._blocks: set[tuple[int, int, bytes]] = set()
        self._asking = {DHCP: self._ask_dhcp, TFTP: self._ask_tftp, HTTP: self._ask_http}

    def ask(self, exchange: Exchange) -> Step:
        """Ask one question, hear the answers, and compare them with those that were recorded."""
        question = exchange.question
        adapted: list[Adapted] = []
        heard, why = self._asking[question.protocol](exchange, adapted)
        answers = matched(exchange, heard, self._moved, self._stand_ins)
        if why:
            answers = tuple(replace(one, excuse=why) for one in answers)
        return Step(question.protocol, question.frame, question.what, answers, tuple(adapted))

    def leave(self) -> None:
        """End the transfers that are still open, so that no server goes on sending to nobody."""
        for way in self._transfers.values():
            self._seat.send(udp_frame(way, NO_MORE))
        self._transfers.clear()

    def _ask_dhcp(self, exchange: Exchange, adapted: list[Adapted]) -> tuple[list[Message], str]:
        asked = dhcp.parse(exchange.question.payload)
        way, why = self._way(exchange.question.datagram, adapted)
        if way is None:
            return [], why
        for answer in exchange.answers:
            self._sit_where_leased(answer)

        def is_answer(one: Datagram) -> bool:
            try:
                found = dhcp.parse(one.payload) if one.protocol == ip.UDP else None
            except Malformed:
                return False
            same = found and (found.operation, found.transaction, found.client)
            return same == (REPLY, asked.transaction, asked.client)

        payload, changed = dhcp_question(exchange.question.payload, self._moved)
        adapted += changed
        silent = QUIET if asked.type in ANSWERED_BY else LINGER
        heard = self._converse(way, payload, len(exchange.answers), silent, is_answer)
        found = [Message(DHCP, kind(dhcp.parse(one.payload)), one, one.payload, one.length) for one in heard]
        for answer in found:
            self._sit_where_leased(answer)
        return found, ""

    def _ask_tftp(self, exchange: Exchange, adapted: list[Adapted]) -> tuple[list[Message], str]:
        asked = exchange.question.datagram
        way, why = self._way(asked, adapted)
        if way is None:
            return [], why
        if asked.dst_port != tftp.SERVER_PORT:
            if asked.src_port not in self._transfers:
                return [], "its transfer was not begun"
            way = way._replace(dst_port=self._transfers[asked.src_port].dst_port)

        def is_answer(one: Datagram) -> bool:
            ends = (one.protocol, one.src, one.dst, one.dst_port)
            known = asked.dst_port == tftp.SERVER_PORT or one.src_port == way.dst_port
            sent_again = (one.dst_port, one.src_port, one.payload) in self._blocks
            return known and not sent_again and ends == (ip.UDP, way.dst, way.src, way.src_port)

        closing = asked.payload[:2] == struct.pack("!H", tftp.ERROR)
        heard = self._converse(way, asked.payload, len(exchange.answers), LINGER if closing else QUIET, is_answer)
        self._blocks |= {(one.dst_port, one.src_port, one.payload) for one in heard}
        if closing:
            self._transfers.pop(asked.src_port, None)
        elif heard:
            self._transfers[asked.src_port] = way._replace(dst_port=heard[0].src_port)
        return [_tftp(one) for one in heard], ""

    def _ask_http(self, exchange: Exchange, adapted: list[Adapted]) -> tuple[list[Message], str]:
        question = exchange.question
        way, why = self._way(question.datagram, adapted)
        if way is None:
            return [], why
        sent, changed = http_question(question.payload, self._moved)
        adapted += changed
        without_body = sent.startswith(b"HEAD ")
        data = Connection(self._seat, way, self._within).ask(
            sent, lambda data: _enough(data, without_body=without_body)
        )
        if data is None:
            return [], "nobody accepts connections there, or answers"
        # What is said of the way it came is said of no answer, so that of the question stands for it.
        status = data.partition(b"\r\n")[0].decode("latin-1")
        return [Message(HTTP, status, question.datagram, data, len(data))], ""

    def _converse(
        self, way: Way, payload: bytes, wanted: int, silent: timedelta, is_answer: Callable[[Datagram], bool]
    ) -> Sequence[Datagram]:
        """Send a datagram, and return the answers: as many as are wanted in time, and those right behind them."""
        found: list[Datagram] = []

        def take(one: Datagram) -> bool | None:
            if is_answer(one):
                found.append(one)
                return len(found) >= max(wanted, 1) or None
            return None

        self._seat.send(udp_frame(way, payload))
        if self._seat.hear(self._within if wanted else silent, take):
            self._seat.hear(LINGER, lambda one: found.append(one) if is_answer(one) else None)
        return found

    def _way(self, asked: Datagram, adapted: list[Adapted]) -> tuple[Way | None, str]:
        """Return how a question goes now, or why it can't."""
        if self._server is not None and asked.dst not in self._moved.servers and str(asked.dst) != EVERYWHERE:
            self._moved.servers[asked.dst] = self._server
        src, dst = self._moved.address(asked.src), self._moved.address(asked.dst)
        for what, recorded, now in (("source", asked.src, src), ("destination", asked.dst, dst)):
            if recorded != now:
                adapted.append(Adapted(f"its {what}", str(recorded), str(now)))
        if asked.vlan is not None:
            adapted.append(Adapted("VLAN tag", str(asked.vlan), "none", "the seat is on the VLAN itself"))
        mac = asked.src_mac if asked.src_mac != NOBODY else self._dialogue.client
        if int(src):
            self._seat.sit(src, mac)
        to = EVERYONE if str(dst) == EVERYWHERE else self._seat.find(dst, src, mac, self._within)
        if to is None:
            return None, f"nobody here has the address {dst}"
        return Way(mac, to, src, asked.src_port, dst, asked.dst_port), ""

    def _sit_where_leased(self, answer: Message) -> None:
        """Answer ARP for an address that is offered: not every server tells its kernel whose it is."""
        try:
            leased = dhcp.parse(answer.payload).address
        except Malformed:
            return
        if leased is not None:
            self._seat.sit(leased, self._dialogue.client)


def _tftp(one: Datagram) -> Message:
    try:
        what = tftp_questions.words(tftp.parse(one.payload, one.length))
    except Malformed as problem:
        what = str(problem)
    return Message(TFTP, what, one, one.payload, one.length)


def _enough(data: bytes, *, without_body: bool) -> bool:
    """Whether an answer is there: its head, and its body as far as it is looked at."""
    head, end, body = data.partition(http_questions.END)
    if not end:
        return len(data) > http_questions.LONGEST_HEAD
    try:
        length = http_head.response(head).content_length
    except Malformed:
        return True
    return without_body or len(body) >= min(http_questions.KEPT, http_questions.KEPT if length is None else length)
