"""What systemd and services themselves say when a service ends or begins. Pure."""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from harness.incident.record import Logged


class Word(Enum):
    """What is told of a service."""

    STARTING = auto()
    STARTED = auto()
    STOPPING = auto()
    STOPPED = auto()
    KILLED = auto()
    FAILED = auto()
    OUT_OF_MEMORY = auto()
    AGAIN = auto()
    """systemd will start it again by itself."""


class Told(NamedTuple):
    """A service, what is told of it, and by which line; `by_itself` where it said that, not systemd."""

    unit: str
    word: Word
    line: Logged
    by_itself: bool = False


IDENTITIES = {
    "7d4958e842da4a758f6c1cdc7b36dcc5": Word.STARTING,
    "39f53479d3a045ac8e11786248231fbf": Word.STARTED,
    "de5b426a63be47a7b6ac3eaac82e2f6f": Word.STOPPING,
    "9d1aaa27d60140bd96365438aad20286": Word.STOPPED,
    "5eb03494b6584870a536b337290809b3": Word.AGAIN,
    "fe6faa94e7774663a0da52717891d8ef": Word.OUT_OF_MEMORY,
}
"""systemd's identifiers of messages (sd-messages(3)), the same in all versions and languages."""

_SYSTEMD = (
    (re.compile(r"Starting (?:(\S+\.service)\b)?"), Word.STARTING),
    (re.compile(r"Started (?:(\S+\.service)\b)?"), Word.STARTED),
    (re.compile(r"Stopping (?:(\S+\.service)\b)?"), Word.STOPPING),
    (re.compile(r"Stopped (?:(\S+\.service)\b)?"), Word.STOPPED),
    (re.compile(r"(\S+\.service): Scheduled restart job"), Word.AGAIN),
    (re.compile(r"(\S+\.service): (?:Service hold-off time over|Service RestartSec=\S+ expired)"), Word.AGAIN),
    (re.compile(r"(\S+\.service): Main process exited, code=(?:killed|dumped),"), Word.KILLED),
    (re.compile(r"(\S+\.service): Main process exited, code=exited, status=[1-9]"), Word.FAILED),
    (re.compile(r"(\S+\.service): (?:A process of this unit has been killed by the OOM|Failed with result 'oom)"),
     Word.OUT_OF_MEMORY),
)  # fmt: skip
_THEMSELVES = (
    # etcd, serf, Redis and its sentinel, corosync, dnsmasq: all with a timestamp of their own before it, or none.
    (re.compile(r"starting an etcd server|etcd Version: |==> Starting Serf agent|Redis is starting"), Word.STARTING),
    (re.compile(r"Corosync Cluster Engine.* starting up|^started, version \S+ cachesize"), Word.STARTING),
    (re.compile(r"received signal; shutting down|received \w+ signal, shutting down"), Word.STOPPING),
    (
        re.compile(r"Caught signal: (?:terminated|interrupt)|Received SIG(?:TERM|INT) scheduling shutdown"),
        Word.STOPPING,
    ),
    (
        re.compile(r"User requested shutdown|Node was shut down by a signal|^exiting on receipt of SIGTERM"),
        Word.STOPPING,
    ),
)


def told(line: Logged) -> Told | None:
    """Return what a line tells of a service; None where it tells of none."""
    entry = line.entry
    if entry.identifier == "systemd":
        return _by_systemd(line)
    if entry.unit.endswith(".service"):
        for words, word in _THEMSELVES:
            if words.search(entry.message):
                return Told(entry.unit, word, line, by_itself=True)
    return None


def _by_systemd(line: Logged) -> Told | None:
    entry = line.entry
    for words, word in _SYSTEMD:
        if match := words.match(entry.message):
            unit = match[1] or _unit_of(line)
            return Told(unit, word, line) if unit else None
    known = IDENTITIES.get(entry.message_id)
    unit = _unit_of(line)
    return Told(unit, known, line) if known and unit else None


def _unit_of(line: Logged) -> str:
    """Return the service that a line of systemd's is about, which older versions only say beside the message."""
    return line.entry.unit if line.entry.unit.endswith(".service") else ""
