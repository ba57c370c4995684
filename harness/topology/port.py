"""How a card's port takes part in VLANs, by their names (IEEE 802.1Q, clause 6.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Access:
    """A port in one VLAN, whose frames carry no tag."""

    vlan: str


@dataclass(frozen=True)
class Trunk:
    """A port in several VLANs, whose frames are tagged, and in at most one (`native`) whose frames are not."""

    tagged: tuple[str, ...]
    native: str | None = None


Port: TypeAlias = Access | Trunk
