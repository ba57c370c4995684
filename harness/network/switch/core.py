"""The switch without its cables: a frame comes in by a port, frames go out by others (IEEE 802.1Q, clause 8.6).

Pure: no IO, and the clock is the caller's. What it does with a frame depends on nothing but the frame's header, its
length, the ports, and what the table learnt; so a decision is remembered until one of these changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from harness.network import tags
from harness.network.ports import PortMode, members
from harness.network.switch.table import AGEING, Entry, ForwardingTable

RESERVED = frozenset(bytes.fromhex(f"0180c20000{last:02x}") for last in range(16))
"""The sixteen group addresses that no bridge forwards (802.1Q, table 8-1)."""

GROUP_BIT = 0x01
NOBODY = bytes(6)
REMEMBERED = 65_536
"""Decisions that are remembered at most."""


@dataclass(slots=True)
class PortCounters:
    """Frames and bytes that came in by a port and went out by it, and what was dropped, by the reason."""

    received: int = 0
    received_bytes: int = 0
    sent: int = 0
    sent_bytes: int = 0
    dropped: Counter[str] = field(default_factory=Counter)


class Output(NamedTuple):
    """One way out: the port, and the tag that the frame carries there (none, or 4 bytes) in place of its own."""

    port: int
    tag: bytes


class Decision(NamedTuple):
    """Where a frame goes: its ways out, how many bytes of tag it came with, or why it goes nowhere."""

    outputs: tuple[Output, ...]
    strip: int
    dropped: str | None = None


@dataclass(slots=True)
class _Remembered:
    """A decision, and the stations that it rests on."""

    decision: Decision
    source: Entry | None
    target: Entry | None


class _Port:
    __slots__ = ("counters", "isolated", "members", "mode", "plans")

    def __init__(self, mode: PortMode, counters: PortCounters, *, isolated: bool) -> None:
        self.mode = mode
        self.isolated = isolated
        self.members = members(mode)
        self.counters = counters
        self.plans: dict[bytes, _Remembered] = {}


class SwitchCore:
    """A VLAN-aware learning bridge. Ports are known by numbers that the caller chooses."""

    def __init__(self, *, ageing: float = AGEING) -> None:
        self.table = ForwardingTable(ageing=ageing)
        self._ports: dict[int, _Port] = {}
        self._outputs: dict[int, tuple[tuple[int, bool], ...]] = {}

    def add(self, port: int, mode: PortMode, *, isolated: bool = False, counters: PortCounters | None = None) -> None:
        """Add a port, or give one another mode; its stations are forgotten. It goes on counting where `counters` are.

        What came in by an `isolated` port leaves by no other one that is (Linux, bridge(8), ``isolated``).
        """
        self.remove(port)
        self._ports[port] = _Port(mode, counters or PortCounters(), isolated=isolated)

    def remove(self, port: int) -> None:
        """Take a port away, with all stations behind it. Does nothing where it is unknown."""
        if self._ports.pop(port, None) is not None:
            self.table.forget_port(port)
        self._outputs.clear()
        self.forget_decisions()

    def flush(self, port: int) -> None:
        """Forget the stations behind a port, as a bridge does when the port loses its carrier."""
        self.table.forget_port(port)
        self.forget_decisions()

    def decide(self, port: int, header: bytes, length: int, now: float) -> Decision:
        """Return where a frame goes, and learn from it. Counts what is dropped; frames and bytes are the caller's.

        `header` is what `tags.key` returns of the frame, `length` counts its bytes (of a frame that is yet to be
        segmented: of its longest segment).
        """
        ingress = self._ports[port]
        known = ingress.plans.get(header)
        ageing = self.table.ageing
        if known is not None and length <= tags.MAX_FRAME:
            source, target = known.source, known.target
            if source is not None and now - source.seen <= ageing and (not target or now - target.seen <= ageing):
                source.seen = now
                return known.decision
        return self._decide_anew(ingress, port, header, length, now)

    def forget_decisions(self) -> None:
        """Forget what was decided, so that each frame is decided anew."""
        for port in self._ports.values():
            port.plans.clear()

    def _decide_anew(self, ingress: _Port, port: int, header: bytes, length: int, now: float) -> Decision:
        tag = tags.parse(header)
        reason = _refused(header, length) if tag is not None else "runt"
        vlan = (tag.vlan or ingress.mode.native) if tag else None
        if reason is None and vlan not in ingress.members:
            reason = "vlan"
        if reason or tag is None or vlan is None:
            ingress.counters.dropped[reason or "vlan"] += 1
            return Decision((), 0, reason)
        source, news = self.table.learn(vlan, header[6:12], port, now)
        if news:
            self.forget_decisions()
        target = None if header[0] & GROUP_BIT else self.table.find(vlan, header[:6], now)
        decision = Decision(self._ways_out(port, vlan, tag.priority, target), tag.length)
        if len(ingress.plans) >= REMEMBERED:
            ingress.plans.clear()
        ingress.plans[header] = _Remembered(decision, source, target)
        return decision

    def _ways_out(self, port: int, vlan: int, priority: int, target: Entry | None) -> tuple[Output, ...]:
        tag = tags.tag(vlan, priority)
        isolated = self._ports[port].isolated
        return tuple(
            Output(out, tag if tagged else b"")
            for out, tagged in self._members_of(vlan)
            if out != port and (target is None or out == target.port) and not (isolated and self._ports[out].isolated)
        )

    def _members_of(self, vlan: int) -> tuple[tuple[int, bool], ...]:
        """Return the ports of a VLAN, and whether its frames leave there tagged."""
        if vlan not in self._outputs:
            ports = self._ports.items()
            self._outputs[vlan] = tuple((n, vlan in port.mode.tagged) for n, port in ports if vlan in port.members)
        return self._outputs[vlan]


def _refused(header: bytes, length: int) -> str | None:
    """Say why no bridge would forward a frame with this header, whatever the port; None where one would."""
    if length > tags.MAX_FRAME:
        return "oversize"
    if header[:6] in RESERVED:
        return "reserved"
    source = header[6:12]
    if source[0] & GROUP_BIT or source == NOBODY:
        return "source"
    return "stacked" if tags.is_stacked(header) else None
