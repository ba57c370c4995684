"""What a journal's line tells of moments that captures may have, too: the keys of `harness.incident.clocks.marks`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.incident.clocks.marks import CALLED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.clocks.marks import Key

MEMBER = r"([0-9a-f]{8,16})"
ADDRESS = r"((?:\d{1,3}\.){3}\d{1,3})"
END = ADDRESS + r":(\d{1,5})\b"

OF_MEMBERS = (
    ("candidate", re.compile(rf"\b{MEMBER} became (?:pre-)?candidate at term (\d+)")),
    ("leader", re.compile(rf"\b{MEMBER} became leader at term (\d+)")),
    ("follower", re.compile(rf"raft\.node: {MEMBER} elected leader \w+ at term (\d+)")),
    (
        "follower",
        re.compile(rf"\b{MEMBER} \[term: \d+\] received a \w+ message with higher term from \w+ \[term: (\d+)"),
    ),
)
PEER = rf"(?:remote peer.*\"remote-peer-id\":\"|peer ){MEMBER}"
STREAMS = (
    ("ended", re.compile(rf"(?:lost|closed)\b.{{0,12}} TCP streaming connection with {PEER}")),
    ("opened", re.compile(rf"established .{{0,6}}TCP streaming connection with {PEER}")),
)
NAMED = (
    ("suspect", re.compile(r"Suspect (\S+) has failed")),
    ("failed", re.compile(r"EventMemberFailed: (\S+)")),
    ("leased", re.compile(rf"(?:DHCPv4 address|DHCPACK of|bound to|leased|DHCPACK\(\S+\)) {ADDRESS}\b")),
)
CONNECTION = re.compile(END + r"\s?->\s?" + END)
ONE_END = re.compile(END)
FROM_PORT = re.compile(rf"\bfrom {ADDRESS} port (\d{{1,5}})\b")
APART = re.compile(ADDRESS + r" (\d{1,5})(?![\d.:])")
"""As Redis names an end."""
COMPLAINT = re.compile(r"time|deadline|refused|reach|fail|error|lost|broken|denied", re.IGNORECASE)
"""Who complains of a call says so when it has come to nothing, seconds after it."""
ALONE = re.compile(rf"(?<![\d.:/]){ADDRESS}(?![\d.:/])")


def keys(message: str) -> Iterator[Key]:
    """Yield what a line tells, as keys."""
    if "term" in message:
        for what, pattern in OF_MEMBERS:
            if found := pattern.search(message):
                yield what, int(found[1], 16), int(found[2])
    if "TCP stream" in message:
        for what, pattern in STREAMS:
            if found := pattern.search(message):
                yield what, int(found[1], 16)
    for what, pattern in NAMED:
        if found := pattern.search(message):
            yield what, found[1]
    if "." in message:
        yield from _connections(message)


def _connections(message: str) -> Iterator[Key]:
    ends = [f"{address}:{port}" for address, port in ONE_END.findall(message)]
    for found in CONNECTION.finditer(message):
        yield "connection", *sorted((f"{found[1]}:{found[2]}", f"{found[3]}:{found[4]}"))
    if "->" not in message:
        what = "refused" if "refused" in message else "client"
        yield from ((what, end) for end in ends)
        if not COMPLAINT.search(message):
            called = (*ends, *(f"{address}:{port}" for address, port in APART.findall(message)))
            yield from ((CALLED, end) for end in dict.fromkeys(called))
    for address, port in FROM_PORT.findall(message):
        yield "client", f"{address}:{port}"
    if not ends:
        for address in ALONE.findall(message):
            yield "from", address
