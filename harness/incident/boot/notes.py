"""What else was seen of network boots: refusals, missing files, damaged images, addresses that are in use. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import (
    ArpReply,
    DhcpDecline,
    DhcpNak,
    DhcpOffer,
    DhcpRequest,
    HttpComplete,
    HttpRequest,
    HttpResponse,
    TftpComplete,
    TftpError,
    TftpRequest,
    TftpUnfinished,
)
from harness.faults.boot import ImageCorrupted
from harness.incident.boot.asks import COPY, Ask, asks
from harness.incident.boot.outages import boot_servers
from harness.incident.citing import decoded, said
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.record import Heard, Record

ABORTED = {0, 8}
"""TFTP's errors with which a client that only wanted to know a file's size ends its request."""
ERROR = 400
LOOPS = 4
"""So often a machine that asks anew for an address fetches one file; a boot in good order does so once or twice."""
LOOPED = 300 * NANO
"""Between two times; who boots later does so for another reason."""
CONFLICT = 10 * NANO
ACCEPTED = 10 * NANO
_DAMAGED = re.compile(
    r"checksum (?:mismatch|error|did not match|verification failed)|sha256sum: WARNING|crc error|CRC mismatch"
    r"|Initramfs unpacking failed|invalid (?:compressed|magic)|Decoding error|Data corruption detected"
    r"|unexpected end of (?:file|archive)|Exec format error|Bad signature|Verification failed",
    re.IGNORECASE,
)
_INITRD = re.compile(r"[Ii]nitramfs|initrd")


def find(record: Record) -> Iterator[Finding | Observation]:
    """Yield what is worth telling, and images that somebody found to be damaged."""
    servers = boot_servers(record)
    last: dict[object, int] = {}
    for one in record.heard:
        for note in _refused(one, servers):
            if one.time - last.get((note.what, note.who), -COPY - 1) > COPY:
                yield note
            last[note.what, note.who] = one.time
    yield from _loops(record)
    yield from _not_accepted(record)
    yield from _conflicts(record)
    yield from _damaged(record)


def _refused(one: Heard, servers: set[str]) -> Iterator[Observation]:
    event = one.event
    match event:
        case DhcpNak():
            yield _note(one, "its request for an address was refused (DHCPNAK)", event.client)
        case DhcpDecline():
            yield _note(one, f"it found {event.requested or event.address} in use (DHCPDECLINE)", event.client)
        case TftpError() if event.code not in ABORTED or event.src in servers:
            yield _note(one, f"TFTP ended with {event.code} {event.message!r} for {event.file!r}", str(event.client))
        case TftpUnfinished() if event.blocks and event.src != str(event.client.address):
            yield _note(one, f"TFTP of {event.file!r} stopped after {event.octets} octets", str(event.client))
        case HttpResponse() if event.status >= ERROR and str(event.server.address) in servers:
            yield _note(one, f"HTTP {event.status} for {event.target}", str(event.client))
        case HttpComplete() if not event.whole and str(event.server.address) in servers:
            yield _note(one, f"HTTP body of {event.target} ended after {event.octets} octets", str(event.client))


def _loops(record: Record) -> Iterator[Observation]:
    """Yield machines that fetch one file again and again, and ask for an address each time: they boot in circles."""
    leased: dict[str, int] = {}
    fetched: defaultdict[tuple[str, str], list[tuple[int, Ask]]] = defaultdict(list)
    for ask in asks(record.heard):
        who = record.machine_of.get(ask.client, ask.client)
        event = ask.heard.event
        if ask.kind == "dhcp":
            leased[who] = ask.time
        elif isinstance(event, HttpRequest | TftpRequest) and ask.answered is not None and who in leased:
            file = event.target if isinstance(event, HttpRequest) else event.file
            times = fetched[who, file]
            if not times or (times[-1][0] != leased[who] and ask.time - times[-1][1].time <= LOOPED):
                times.append((leased[who], ask))
    told: set[str] = set()
    for (who, file), times in fetched.items():
        if len(times) >= LOOPS and who not in told:
            told.add(who)
            first, last = times[0][1], times[-1][1]
            cited = tuple(decoded(ask.heard) for _, ask in (*times[:2], times[-1]))
            what = f"it boots in circles: it fetched {file} {len(times)} times, and asked for an address before each"
            yield Observation(what, who, first.time, last.time, cited)


def _not_accepted(record: Record) -> Iterator[Observation]:
    """Yield offers that their client never took up, from whomever."""
    asked: dict[str, list[int]] = {}
    for one in record.heard:
        if isinstance(one.event, DhcpRequest):
            asked.setdefault(one.event.client, []).append(one.time)
    told: set[str] = set()
    for one in record.heard:
        event = one.event
        if not isinstance(event, DhcpOffer) or event.client in told or record.ended - one.time < ACCEPTED:
            continue
        if not any(0 <= time - one.time <= ACCEPTED for time in asked.get(event.client, ())):
            told.add(event.client)
            yield _note(one, f"it never asked for {event.address}, which it was offered", event.client)


def _conflicts(record: Record) -> Iterator[Observation]:
    """Yield addresses that two answer for in turns; one that moves for good is no conflict."""
    last: dict[tuple[str, str], tuple[int, str]] = {}
    before: dict[tuple[str, str], str] = {}
    told: set[str] = set()
    for one in record.heard:
        event = one.event
        if not isinstance(event, ArpReply) or not event.sender_mac:
            continue
        key = (one.capture, str(event.sender))
        time, mac = last.get(key, (0, ""))
        if mac and mac != event.sender_mac and one.time - time < CONFLICT:
            if before.get(key) == event.sender_mac and key[1] not in told:
                told.add(key[1])
                yield _note(one, f"{mac} and {event.sender_mac} both answer for it", key[1])
            before[key] = mac
        last[key] = (one.time, event.sender_mac)


def _damaged(record: Record) -> Iterator[Finding]:
    """Yield files that were damaged: who complains names the file, or has fetched it last."""
    told: set[tuple[str, str]] = set()
    for line in record.logged:
        if not _DAMAGED.search(line.entry.message):
            continue
        machine = record.machine_of.get(line.entry.host, line.entry.host)
        fetched = [one for one in _fetched(record) if one[0] <= line.time and one[1] in {machine, ""}]
        named = [one for one in fetched if one[2] in line.entry.message]
        likely = [one for one in fetched if _INITRD.search(line.entry.message) and _INITRD.search(one[2])]
        if (found := (named or likely or fetched)[-1:]) and (machine, found[0][2]) not in told:
            time, _, name, heard = found[0]
            told.add((machine, name))
            yield Finding(ImageCorrupted(name), time, None, (said(line), decoded(heard)), 0.8 if named else 0.6)


def _fetched(record: Record) -> list[tuple[int, str, str, Heard]]:
    """Return when each file was fetched, by whom, and its name."""
    found = []
    for one in record.heard:
        event = one.event
        if isinstance(event, HttpRequest | TftpComplete):
            path = event.target if isinstance(event, HttpRequest) else event.file
            who = record.machine_of.get(str(event.client.address), "")
            found.append((one.time, who, path.rpartition("/")[2], one))
    return found


def _note(one: Heard, what: str, who: str) -> Observation:
    return Observation(what, who, one.time, one.time, (decoded(one),))
