"""The forwarding table of a switch: behind which port each station was heard last, by VLAN (802.1Q, clause 8.8)."""

from __future__ import annotations

AGEING = 300.0
"""Seconds after which a station that says nothing is forgotten (802.1Q, table 8-6)."""

CAPACITY = 16_384
"""Stations that are remembered. Frames to those beyond are flooded, so a storm of invented sources costs no memory."""


class Entry:
    """A station: its port, and when it was heard last."""

    __slots__ = ("port", "seen")

    def __init__(self, port: int, seen: float) -> None:
        self.port = port
        self.seen = seen


class ForwardingTable:
    """Stations by VLAN and address. Time is whatever clock the caller counts seconds with."""

    def __init__(self, *, ageing: float = AGEING, capacity: int = CAPACITY) -> None:
        self.ageing = ageing
        self.moves = 0
        """How many times a station was heard behind another port than before."""
        self._capacity = capacity
        self._entries: dict[tuple[int, bytes], Entry] = {}

    def learn(self, vlan: int, station: bytes, port: int, now: float) -> tuple[Entry | None, bool]:
        """Note that a station was heard. Returns its entry, None where the table is full, and whether that is news."""
        entry = self._entries.get((vlan, station))
        if entry is None:
            return self._add(vlan, station, port, now)
        news = entry.port != port or now - entry.seen > self.ageing
        if entry.port != port:
            self.moves += 1
            entry.port = port
        entry.seen = now
        return entry, news

    def find(self, vlan: int, station: bytes, now: float) -> Entry | None:
        """Return where a station is, or None where it is unknown or was silent for too long."""
        entry = self._entries.get((vlan, station))
        return entry if entry is not None and now - entry.seen <= self.ageing else None

    def forget_port(self, port: int) -> None:
        """Forget every station behind a port."""
        self._entries = {where: entry for where, entry in self._entries.items() if entry.port != port}

    def sweep(self, now: float) -> None:
        """Give back the room of stations that were silent for too long."""
        self._entries = {w: entry for w, entry in self._entries.items() if now - entry.seen <= self.ageing}

    def __len__(self) -> int:
        return len(self._entries)

    def _add(self, vlan: int, station: bytes, port: int, now: float) -> tuple[Entry | None, bool]:
        if len(self._entries) >= self._capacity:
            self.sweep(now)
            if len(self._entries) >= self._capacity:
                return None, False
        entry = self._entries[vlan, station] = Entry(port, now)
        return entry, True
