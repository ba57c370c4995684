"""What machines asked a boot server for, and whether they were answered: DHCP, TFTP and HTTP alike. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from harness.capture.describe import NANO
from harness.capture.events import (
    DhcpAck,
    DhcpDiscover,
    DhcpEvent,
    DhcpNak,
    DhcpOffer,
    DhcpRequest,
    HttpRequest,
    HttpResponse,
    TcpRefused,
    TftpComplete,
    TftpError,
    TftpOptions,
    TftpRequest,
    TftpUnfinished,
)
from harness.incident.boot.address_probes import address_probes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.capture.events import Endpoint
    from harness.incident.record import Heard

Kind = Literal["dhcp", "tftp", "http"]

HTTP_PORTS = {80, 8080, 443}
COPY = NANO // 4
"""One message that was captured in several places."""
PATIENCE = 8 * NANO
"""An answer that comes later than that is another one's."""
SLOW = 2 * NANO
"""An answer that took longer than that was held up."""


@dataclass(frozen=True)
class Ask:
    """Something that a client asked for, and when the first answer came; None where none was captured.

    `probed` is when the server first looked, meanwhile, whether an address is free that it was about to offer. `more`
    are the answers after the first: who asks a slow server several times has several.
    """

    kind: Kind
    client: str
    time: int
    answered: int | None
    heard: Heard
    server: str = ""
    probed: int | None = None
    more: tuple[int, ...] = ()

    @property
    def noticed(self) -> int | None:
        """When the server first did something about it."""
        return self.answered if self.probed is None else self.probed

    @property
    def in_time(self) -> bool:
        """Whether it was answered without being held up; servers may take seconds to probe (RFC 2131, 2.2)."""
        return self.noticed is not None and self.noticed - self.time <= SLOW


def asks(heard: Iterable[Heard]) -> list[Ask]:
    """Return everything that was asked for, by time."""
    every = list(heard)
    once = list(_once(every))
    return sorted([*_dhcp(once, address_probes(every)), *_tftp(once), *_http(once)], key=lambda ask: ask.time)


def _once(heard: Iterable[Heard]) -> Iterator[Heard]:
    """Yield each message of a boot once, wherever it was captured."""
    seen: dict[object, tuple[int, str, str]] = {}
    for one in heard:
        key = _key(one)
        if key is None:
            continue
        time, *where = seen.get(key, (one.time - COPY - 1, "", ""))
        if one.time - time > COPY or where == [one.capture, one.event.link]:
            seen[key] = one.time, one.capture, one.event.link
            yield one


def _key(one: Heard) -> object:
    match one.event:
        case DhcpEvent() as event:
            return (event.kind, event.client, event.transaction, event.server, event.address)
        case TftpRequest() | TftpOptions() | TftpComplete() | TftpError() | TftpUnfinished() as event:
            return (event.kind, event.client, event.file)
        case HttpRequest() | HttpResponse() as event:
            return (event.kind, event.client, event.target)
        case TcpRefused() as event if event.server.port in HTTP_PORTS:
            return (event.kind, event.client)
        case _:
            return None


def _dhcp(heard: Sequence[Heard], probes: Mapping[str, Sequence[int]]) -> Iterator[Ask]:
    answers: defaultdict[tuple[str, int, bool], list[Heard]] = defaultdict(list)
    for one in heard:
        if isinstance(one.event, DhcpOffer | DhcpAck | DhcpNak):
            answers[one.event.client, one.event.transaction, isinstance(one.event, DhcpOffer)].append(one)
    for one in heard:
        if isinstance(one.event, DhcpDiscover | DhcpRequest):
            known = answers[one.event.client, one.event.transaction, isinstance(one.event, DhcpDiscover)]
            answer = next((other for other in known if 0 <= other.time - one.time <= PATIENCE), None)
            event = answer.event if answer else None
            server = str(event.server or "") if isinstance(event, DhcpEvent) else ""
            probed = next((time for time in probes.get(server, ()) if answer and one.time < time < answer.time), None)
            asked = Ask("dhcp", one.event.client, one.time, answer.time if answer else None, one, server, probed)
            yield replace(asked, more=tuple(other.time for other in known if answer and other.time > answer.time))


def _tftp(heard: Sequence[Heard]) -> Iterator[Ask]:
    """Yield requests for files; of a transfer that came about, some event tells later: its options or its end."""
    ends: defaultdict[tuple[Endpoint, str], list[Heard]] = defaultdict(list)
    for one in heard:
        event = one.event
        if isinstance(event, TftpOptions | TftpComplete | TftpError) or (
            isinstance(event, TftpUnfinished) and (event.blocks or event.octets)
        ):
            ends[event.client, event.file].append(one)
    last = heard[-1].time if heard else 0
    following: dict[tuple[Endpoint, str], int] = {}
    for one in reversed(heard):
        if isinstance(one.event, TftpUnfinished) and _server_fell_silent(one.event) and last - one.time > SLOW:
            yield Ask("tftp", str(one.event.client.address), one.time, None, one, one.event.dst)
        if isinstance(one.event, TftpRequest):
            transfer = (one.event.client, one.event.file)
            until = following.get(transfer, last + 1)
            answered = any(one.time <= other.time < until for other in ends[transfer])
            following[transfer] = one.time
            # What is not told is when the first block came: a transfer may take minutes, and was answered at once.
            time = one.time if answered else None
            yield Ask("tftp", str(one.event.client.address), one.time, time, one, one.event.dst)


def _server_fell_silent(event: TftpUnfinished) -> bool:
    """Whether the last packet of a transfer that broke off was the client's."""
    return bool(event.blocks or event.octets) and event.src == str(event.client.address)


def _http(heard: Sequence[Heard]) -> Iterator[Ask]:
    answers: defaultdict[Endpoint, list[Heard]] = defaultdict(list)
    for one in heard:
        if isinstance(one.event, HttpResponse):
            answers[one.event.client].append(one)
    for one in heard:
        if isinstance(one.event, HttpRequest):
            answer = next((other for other in answers[one.event.client] if other.time >= one.time), None)
            event = one.event
            time = answer.time if answer else None
            yield Ask("http", str(event.client.address), one.time, time, one, str(event.server.address))
        elif isinstance(one.event, TcpRefused):
            yield Ask("http", str(one.event.client.address), one.time, None, one, str(one.event.server.address))
