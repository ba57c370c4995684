"""What a switch's port does with VLANs, as plain values (IEEE 802.1Q, clause 6.9 and 8.8.2)."""

from __future__ import annotations

from dataclasses import dataclass, field

VLAN_IDS = range(1, 4095)
"""The identifiers that a VLAN can have: 0 is no VLAN but a priority, 4095 is reserved."""


@dataclass(frozen=True)
class Access:
    """A port in one VLAN, whose frames leave without a tag. `vlan` is 1 to 4094; anything else raises `ValueError`."""

    vlan: int

    def __post_init__(self) -> None:
        _check(self.vlan)

    @property
    def tagged(self) -> frozenset[int]:
        """The VLANs whose frames leave with a tag: none."""
        return frozenset()

    @property
    def native(self) -> int:
        """The VLAN that frames without a tag belong to."""
        return self.vlan


@dataclass(frozen=True)
class Trunk:
    """A port in several VLANs, whose frames leave tagged, and in at most one (`native`) whose frames leave without.

    Identifiers are 1 to 4094, `native` is none of `tagged`, and there is at least one VLAN; otherwise `ValueError`.
    """

    tagged: frozenset[int] = field(default_factory=frozenset)
    native: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "tagged", frozenset(self.tagged))
        for vlan in self.tagged:
            _check(vlan)
        if self.native is not None:
            _check(self.native)
            if self.native in self.tagged:
                raise ValueError(f"VLAN {self.native} is native and tagged on one trunk, expected one of the two")
        elif not self.tagged:
            raise ValueError("a trunk without VLANs carries nothing, expected tagged VLANs or a native one")


PortMode = Access | Trunk


def tag_of(mode: PortMode, vlan: int) -> int | None:
    """Return the tag of a VLAN's frames at a port: 0 for none, None where the port is no member of the VLAN."""
    if vlan == mode.native:
        return 0
    return vlan if vlan in mode.tagged else None


def members(mode: PortMode) -> frozenset[int]:
    """Return the VLANs that a port is a member of."""
    return mode.tagged if mode.native is None else mode.tagged | {mode.native}


def to_json(mode: PortMode) -> dict[str, object]:
    """Return a port's mode as JSON can carry it; `from_json` reads it back."""
    return {"tagged": sorted(mode.tagged), "native": mode.native, "access": isinstance(mode, Access)}


def from_json(value: dict[str, object]) -> PortMode:
    """Return the mode that `to_json` made this of. Raises `ValueError` or `KeyError` for anything else."""
    tagged, native = value["tagged"], value["native"]
    if native is not None and not isinstance(native, int):
        raise ValueError(f"{native!r} is no VLAN identifier")
    if value["access"]:
        return Access(native or 0)
    if not isinstance(tagged, list):
        raise ValueError(f"{tagged!r} is no list of VLAN identifiers")  # noqa: TRY004 - one kind of error for bad input
    return Trunk(frozenset(tagged), native)


def _check(vlan: int) -> None:
    if vlan not in VLAN_IDS:
        raise ValueError(f"{vlan!r} is no VLAN identifier, expected 1 to 4094")
