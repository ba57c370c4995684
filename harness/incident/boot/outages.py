"""Boot servers that did not answer: all of it, only TFTP, only HTTP, or only with addresses. Pure.

A kernel that takes connections, refuses ports or answers ARP says nothing of the services; what any of them still
answers does.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import DhcpEvent, HttpResponse, TcpRefused, TftpUnfinished
from harness.faults.boot import BootServerDown, HttpStalled, LeasesExhausted, TftpStalled
from harness.incident.boot.asks import SLOW, Ask, asks
from harness.incident.boot.downloads import broken_off, held_up
from harness.incident.boot.rogue_servers import dhcp_servers, right_server
from harness.incident.citing import decoded, said
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.faults.fault import Fault
    from harness.incident.boot.asks import Kind
    from harness.incident.evidence import Evidence
    from harness.incident.record import Logged, Record

TIMES = 2
"""How often something has to be asked for in vain, so that it is no chance."""
ALONE = 3 * NANO
"""Or how long one request has to wait, as those over TCP do."""
ONE_STRANGER = 0.4
"""How sure it is that a server was down where one client asked, whom it never was seen to answer."""
NO_ADDRESS = re.compile(r"no address available|no address range available|no free leases|ALLOC_FAIL|out of leases")
MOMENT = NANO // 2
"""Requests that wait for a server that stands still are all answered within that, once it goes on; and a service that
is back so soon was restarted, and not down."""
RESTARTED = re.compile(
    r"\bexiting on receipt of SIG|\bstarted, version \S+|Internet Systems Consortium DHCP Server|DHCP4_STARTED"
)
"""What DHCP servers say as they end and begin: also one that is told to serve less is restarted for that."""


@dataclass(frozen=True)
class Outage:
    """Requests of one kind that were not answered, one after the other; None where nobody was answered again."""

    kind: Kind
    began: int
    ended: int | None
    asked: tuple[Ask, ...]
    since: int | None = None
    """When something of that kind was answered last."""

    def until(self, end: int) -> int:
        """Return when it ended, by then at the latest."""
        return end if self.ended is None else self.ended


def find(record: Record) -> Iterator[Finding | Observation]:
    """Yield each time at which a boot server did not answer, and what of it did not."""
    servers = boot_servers(record)
    every = [ask for ask in asks(record.heard) if ask.kind == "dhcp" or ask.server in servers]
    every = sorted([*broken_off(every, record), *held_up(record, servers)], key=lambda ask: ask.time)
    unknown = _unknown(every)
    for client, own in unknown.items():
        cited = tuple(decoded(ask.heard) for ask in own[:3])
        what = "it is never offered an address, though others are: no server knows it"
        yield Observation(what, client, own[0].time, own[-1].time, cited)
    known = [ask for ask in every if ask.client not in unknown]
    outages = [outage for kind in ("dhcp", "tftp", "http") for outage in _outages(kind, known, record.ended)]
    for one in _classified(outages, known, record):
        brief = isinstance(one, Finding) and one.ended is not None and one.ended - one.began < MOMENT
        yield _restarted(one) if brief and isinstance(one, Finding) else one


def _unknown(every: Sequence[Ask]) -> dict[str, list[Ask]]:
    """Return the searches of clients that no server knows: while they ask in vain, others are answered."""
    of: defaultdict[str, list[Ask]] = defaultdict(list)
    for ask in every:
        if ask.kind == "dhcp":
            of[ask.client].append(ask)
    vain = {client: own for client, own in of.items() if all(ask.answered is None for ask in own)}
    served = [ask.time for client, own in of.items() if client not in vain for ask in own if ask.in_time]
    return {client: own for client, own in vain.items() if any(own[0].time <= time <= own[-1].time for time in served)}


def _restarted(one: Finding) -> Observation:
    """Return what a server's own journal says was over at once, though its first answer took longer."""
    return Observation(
        "it was restarted, and answers again", "the boot server", one.began, one.ended or one.began, one.evidence
    )


def boot_servers(record: Record) -> set[str]:
    """Return the addresses of what machines boot from: as the topology has it, and as DHCP says."""
    answers = dhcp_servers(record)
    right = right_server(record, answers)
    found = {str(record.topology.boot_server.address)} if record.topology.boot_server else set()
    for one in answers.get(right, ()):
        if isinstance(one.event, DhcpEvent):
            found |= {str(address) for address in (one.event.server, one.event.next_server) if address is not None}
    return found


def _outages(kind: Kind, every: Sequence[Ask], end: int) -> Iterator[Outage]:
    vain: list[Ask] = []
    since: int | None = None
    for ask in (one for one in every if one.kind == kind):
        if ask.in_time:
            yield from _outage(kind, vain, ask, since)
            vain, since = [], ask.noticed
        else:
            vain.append(ask)
    still_open = [ask for ask in vain if ask.noticed is None and end - ask.time < ALONE and kind == "dhcp"]
    yield from _outage(kind, [ask for ask in vain if ask not in still_open], None, since)


def _outage(kind: Kind, vain: Sequence[Ask], answered: Ask | None, since: int | None) -> Iterator[Outage]:
    """Yield what was asked in vain as an outage, which was over when an old request or a new one was answered."""
    if not vain or (kind == "dhcp" and _slow(vain, answered)):
        return
    late = [ask.noticed for ask in vain if ask.noticed is not None]
    ends = [*late, *([answered.noticed] if answered and answered.noticed else [])]
    ended = min(ends) if ends else None
    broke_off = any(isinstance(ask.heard.event, TftpUnfinished | HttpResponse) for ask in vain)
    waited = (ended if ended is not None else vain[-1].time) - vain[0].time
    halted = late and waited >= SLOW and kind != "dhcp"  # who asks for addresses is slow at times, and asks again
    if len(vain) >= TIMES or broke_off or halted or (ended is not None and waited >= ALONE):
        yield Outage(kind, vain[0].time, ended, tuple(vain), since)


def _slow(vain: Sequence[Ask], answered: Ask | None) -> bool:
    """Return whether a server answered all of some requests late, one after the other: it is slow, and not down."""
    first = min((ask.noticed for ask in vain if ask.noticed is not None), default=None)
    if first is None or len(vain) < TIMES or any(ask.noticed is None for ask in vain):
        return False
    asked_anew = answered.time if answered is not None else max(first, vain[-1].time) + SLOW
    return any(first + MOMENT < time < asked_anew for ask in vain for time in (ask.noticed or first, *ask.more))


def _classified(outages: Sequence[Outage], every: Sequence[Ask], record: Record) -> Iterator[Finding | Observation]:
    left = sorted(outages, key=lambda outage: outage.began)
    while left:
        first = left.pop(0)
        along = [one for one in left if one.kind != first.kind and _meets(first, one, record.ended)]
        if along and _all_silent([first, *along], every, record.ended):
            left = [one for one in left if one not in along]
            yield _down([first, *along], record, 0.9)
        elif first.kind == "dhcp":
            yield _without_addresses(first, every, record)
        elif any(isinstance(ask.heard.event, TcpRefused) for ask in first.asked):
            what = "nobody serves HTTP there: connections are refused"
            ended = max(first.asked[-1].time, first.ended or 0)
            yield Observation(what, first.asked[0].server, first.began, ended, _cited([first]))
        else:
            fault: Fault = TftpStalled() if first.kind == "tftp" else HttpStalled()
            yield _finding(fault, first, record, 0.85)


def _without_addresses(outage: Outage, every: Sequence[Ask], record: Record) -> Finding:
    """Return why nobody got an address: there was none left, or nobody was there to give one."""
    told = [line for line in _within(record, outage) if NO_ADDRESS.search(line.entry.message)]
    well = [ask for ask in every if ask.kind != "dhcp" and ask.in_time and _during(ask, outage, record.ended)]
    if told or well:
        more = (*(said(line) for line in told[:2]), *(decoded(ask.heard) for ask in well[:2]))
        return _finding(LeasesExhausted(), outage, record, 0.95 if told else 0.75, *more)
    served = {ask.client for ask in every if ask.kind == "dhcp" and ask.answered is not None}
    asked = {ask.client for ask in outage.asked}
    alone = len(asked) == 1 and served and not asked & served
    return _down([outage], record, ONE_STRANGER if alone else 0.6)


def _down(outages: Sequence[Outage], record: Record, confidence: float) -> Finding:
    """Return that a server was down from the first that it did not answer until the first that it did."""
    first, over = min(outages, key=lambda one: one.began), min(outages, key=lambda one: one.until(record.ended))
    since = max((one.since for one in outages if one.since is not None and one.since < first.began), default=None)
    asked = tuple(ask for one in (first, over) for ask in one.asked)
    whole = Outage(first.kind, first.began, over.ended, asked, since)
    found = _finding(BootServerDown(), whole, record, confidence)
    return replace(found, evidence=(*found.evidence, *_cited([one for one in outages if one is not first])))


def _finding(fault: Fault, outage: Outage, record: Record, confidence: float, *more: Evidence) -> Finding:
    """Return an outage as a fault. Where the server says when it was restarted, that is its beginning, or its end."""
    told = [line for line in record.logged if RESTARTED.search(line.entry.message)]
    last = max(ask.time for ask in outage.asked)
    before = [line for line in told if outage.since is not None and outage.since <= line.time <= outage.began]
    after = [line for line in told if outage.ended is not None and last <= line.time <= outage.ended]
    began = before[0].time if before else outage.began
    ended = after[-1].time if after else outage.ended
    cited = (*_cited([outage]), *more, *(said(line) for line in (*before[:1], *after[-1:])))
    return Finding(fault, began, ended, cited, confidence)


def _cited(outages: Sequence[Outage]) -> tuple[Evidence, ...]:
    return tuple(decoded(ask.heard) for outage in outages for ask in outage.asked[:4])


def _within(record: Record, outage: Outage) -> list[Logged]:
    end = outage.until(record.ended) + NANO
    return [line for line in record.logged if outage.began - NANO <= line.time <= end]


def _during(ask: Ask, outage: Outage, end: int) -> bool:
    return outage.began < ask.time and (ask.answered or ask.time) < outage.until(end)


def _meets(one: Outage, other: Outage, end: int) -> bool:
    return one.began <= other.until(end) and other.began <= one.until(end)


def _all_silent(outages: Sequence[Outage], every: Sequence[Ask], end: int) -> bool:
    """Whether nothing was answered from the first of them until the first that is over."""
    began = min(outage.began for outage in outages)
    ended = min(outage.until(end) for outage in outages)
    return not any(ask.in_time and began < ask.time and (ask.answered or ask.time) < ended for ask in every)
