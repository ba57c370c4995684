"""Rules by which one port does not hear another, and what they dropped. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from harness.network import tags
from harness.network.hearing import PROTOCOLS, Match

ARP = b"\x08\x06"
IP4 = b"\x08\x00"
IP6 = b"\x86\xdd"
IP6_HEADER = 40
FRAGMENT = 44
SKIPPED = (0, 43, 60)
"""IPv6 headers that stand before a payload and say how long they are (RFC 8200, section 4)."""


@dataclass
class Rule:
    """For each port that is deaf, the ports that it does not hear; `only` is the traffic that it is about."""

    deaf: dict[int, frozenset[int]]
    only: Match | None = None
    dropped: int = 0


class Rules:
    """All rules that are in force, by an identifier that the caller chooses."""

    def __init__(self) -> None:
        self._rules: dict[int, Rule] = {}
        self._between: dict[tuple[int, int], list[Rule]] = {}

    def __bool__(self) -> bool:
        return bool(self._rules)

    def add(self, identifier: int, rule: Rule) -> None:
        """Put a rule in force."""
        self._rules[identifier] = rule
        self._index()

    def remove(self, identifier: int) -> int:
        """Take a rule out of force, and return how many frames it dropped; 0 where there is none."""
        rule = self._rules.pop(identifier, None)
        self._index()
        return rule.dropped if rule else 0

    def counts(self) -> dict[int, int]:
        """Return how many frames each rule dropped."""
        return {identifier: rule.dropped for identifier, rule in self._rules.items()}

    def drops(self, speaker: int, listener: int, frame: bytes) -> bool:
        """Say whether the frame does not get from one port to another, and count it."""
        for rule in self._between.get((speaker, listener), ()):
            if rule.only is None or matches(rule.only, frame):
                rule.dropped += 1
                return True
        return False

    def _index(self) -> None:
        between: defaultdict[tuple[int, int], list[Rule]] = defaultdict(list)
        for rule in self._rules.values():
            for listener, speakers in rule.deaf.items():
                for speaker in speakers:
                    between[speaker, listener].append(rule)
        self._between = dict(between)


def matches(match: Match, frame: bytes) -> bool:
    """Say whether a frame, tagged or not, is of that traffic. Never raises, whatever the bytes are.

    Of a datagram in fragments only the first has ports; without it the others are of no use to anybody.
    """
    start = tags.TAGGED_HEADER if frame[tags.ADDRESSES : tags.HEADER] == tags.TPID else tags.HEADER
    ethertype = frame[start - 2 : start]
    if match.sources and (ethertype != IP4 or frame[start + 12 : start + 16] not in match.packed_sources):
        return False
    if match.protocol == "arp":
        return ethertype == ARP
    return match.protocol is None or _carries(match, frame, start, ethertype)


def _carries(match: Match, frame: bytes, start: int, ethertype: bytes) -> bool:
    try:
        protocol, ports = _ip4(frame, start) if ethertype == IP4 else _ip6(frame, start, ethertype)
    except IndexError:
        return False
    if protocol != PROTOCOLS[str(match.protocol)]:
        return False
    if match.port is None:
        return True
    wanted = match.port.to_bytes(2, "big")
    return ports >= 0 and wanted in (frame[ports : ports + 2], frame[ports + 2 : ports + 4])


def _ip4(frame: bytes, start: int) -> tuple[int, int]:
    """Return the protocol and where its header begins, -1 where this is a later fragment."""
    later = frame[start + 6] & 0x1F or frame[start + 7]
    return frame[start + 9], -1 if later else start + (frame[start] & 0x0F) * 4


def _ip6(frame: bytes, start: int, ethertype: bytes) -> tuple[int, int]:
    if ethertype != IP6:
        return -1, -1
    protocol, at, later = frame[start + 6], start + IP6_HEADER, False
    while protocol in SKIPPED or protocol == FRAGMENT:
        if protocol == FRAGMENT:
            later = bool(frame[at + 2] or frame[at + 3] & 0xF8)
            protocol, at = frame[at], at + 8
        else:
            protocol, at = frame[at], at + (frame[at + 1] + 1) * 8
    return protocol, -1 if later else at
