"""What the bridges' packet filter drops and counts, in nftables' language (nft(8)). Pure.

A frame is marked with its speaker's number where it comes in. It keeps that on its way over several bridges, as long as
it stays in their namespace, so that a rule about who hears whom can be kept where the frame leaves.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from harness.network.hearing import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from harness.network.hearing import Match
    from harness.network.protocol import Direction

BEFORE, AFTER = -300, -290
"""Priorities in a hook: before all that others do there, and after what is done first."""

ROOM = 65_535
RESERVED = "ether daddr & ff:ff:ff:ff:ff:f0 == 01:80:c2:00:00:00"
STACKED = "ether type 8021q vlan type 8021q"
FORGED = "ether type 8021q vlan id != 0"
REASONS = ("reserved", "stacked", "vlan")


class Count(NamedTuple):
    """Frames and bytes that a rule dropped."""

    frames: int
    octets: int


NOTHING = Count(0, 0)


@dataclass
class Listing:
    """What the filter has counted, and what it cuts, by the ports' names."""

    cut: dict[Direction, set[str]] = field(default_factory=lambda: {"up": set(), "down": set()})
    cut_frames: dict[Direction, dict[str, Count]] = field(default_factory=lambda: {"up": {}, "down": {}})
    dropped: dict[str, dict[str, Count]] = field(default_factory=lambda: {reason: {} for reason in REASONS})


def table(name: str, *, vlans: bool) -> str:
    """Return the commands that make a network's table; without `vlans` a bridge is a segment and carries no tags."""
    forged = "" if vlans else f"{FORGED} {_count('dropped_vlan', 'iifname')} drop"
    return f"""
table bridge {name} {{
  set cut_up {{ type ifname; }}
  set cut_down {{ type ifname; }}
  map speakers {{ type ifname : mark; }}
  {_counters("cut_up_frames", "cut_down_frames", *(f"dropped_{reason}" for reason in REASONS))}
  chain arriving {{
    type filter hook prerouting priority {BEFORE};
    iifname @cut_up {_count("cut_up_frames", "iifname")} drop
    {RESERVED} {_count("dropped_reserved", "iifname")} drop
    {STACKED} {_count("dropped_stacked", "iifname")} drop
    {forged}
    meta mark set iifname map @speakers
  }}
  chain reserved_groups {{
    type filter hook input priority {BEFORE};
    iifname @cut_up {_count("cut_up_frames", "iifname")} drop
    {RESERVED} {_count("dropped_reserved", "iifname")} drop
  }}
  chain leaving {{
    type filter hook forward priority {BEFORE};
    oifname @cut_down {_count("cut_down_frames", "oifname")} drop
  }}
}}
"""


def delete_table(name: str) -> str:
    """Return the command that takes the table away, with all that it holds."""
    return f"delete table bridge {name}\n"


def add_speakers(name: str, speakers: Mapping[str, int]) -> str:
    """Return the command by which frames are marked with a number by the port that they come in by."""
    pairs = ", ".join(f'"{device}" : {number}' for device, number in speakers.items())
    return f"add element bridge {name} speakers {{ {pairs} }}\n" if pairs else ""


def forget(name: str, devices: Collection[str]) -> str:
    """Return the commands by which ports are no longer marked nor cut; only speakers may be named."""
    named = ", ".join(f'"{device}"' for device in devices)
    marks = f"delete element bridge {name} speakers {{ {named} }}\n" if named else ""
    return marks + "".join(cut(name, device, ()) for device in devices)


def cut(name: str, device: str, directions: Collection[Direction]) -> str:
    """Return the commands that cut these directions of a port, and no others."""
    ways: tuple[Direction, ...] = ("up", "down")
    commands = []
    for way in ways:
        element = f'element bridge {name} cut_{way} {{ "{device}" }}'
        commands.append(f"add {element}\n")
        if way not in directions:
            commands.append(f"delete {element}\n")
    return "".join(commands)


def deafen(name: str, rule: str, deaf: Iterable[tuple[str, int]], only: Match | None) -> str:
    """Return the commands that drop what leaves by a port and carries a speaker's number, and count it."""
    pairs = ", ".join(f'"{device}" . {number}' for device, number in deaf)
    elements = f"elements = {{ {pairs} }};" if pairs else ""
    heard = f"oifname . meta mark @{rule}"
    lines = "\n    ".join(f"{heard} {what} counter name {rule} drop" for what in _matching(only))
    return f"""
table bridge {name} {{
  counter {rule} {{ }}
  set {rule} {{ type ifname . mark; {elements} }}
  chain {rule} {{
    type filter hook forward priority {AFTER};
    {lines}
  }}
}}
"""


def deafen_more(name: str, rule: str, deaf: Iterable[tuple[str, int]]) -> str:
    """Return the command by which a rule is about some more, too."""
    pairs = ", ".join(f'"{device}" . {number}' for device, number in deaf)
    return f"add element bridge {name} {rule} {{ {pairs} }}\n" if pairs else ""


def suspend(name: str, rule: str) -> str:
    """Return the command after which a rule drops nothing more; its count can still be read."""
    return f"flush chain bridge {name} {rule}\n"


def remove(name: str, rule: str) -> str:
    """Return the commands that take a suspended rule away."""
    return "".join(f"delete {kind} bridge {name} {rule}\n" for kind in ("chain", "set", "counter"))


def read(listed: Iterable[Mapping[str, Any]]) -> Listing:
    """Return what a listing of the table says."""
    listing = Listing()
    sets = {one["set"]["name"]: one["set"].get("elem", ()) for one in listed if "set" in one}
    ways: tuple[Direction, ...] = ("up", "down")
    for way in ways:
        listing.cut[way] = set(sets.get(f"cut_{way}", ()))
        listing.cut_frames[way] = _counted(sets.get(f"cut_{way}_frames", ()))
    for reason in REASONS:
        listing.dropped[reason] = _counted(sets.get(f"dropped_{reason}", ()))
    return listing


def rule_count(listed: Iterable[Mapping[str, Any]]) -> int:
    """Return how many frames a rule dropped, from the listing of its counter."""
    return next(int(one["counter"]["packets"]) for one in listed if "counter" in one)


def _matching(only: Match | None) -> list[str]:
    """Return the expressions of which one holds for the traffic that is meant."""
    if only is None:
        return [""]
    sources = f"ip saddr {{ {', '.join(sorted(map(str, only.sources)))} }} " if only.sources else ""
    return [f"{sources}{what}" for what in _protocol(only)]


def _protocol(only: Match) -> list[str]:
    if only.protocol is None:
        return [""]
    if only.protocol == "arp":
        return ["meta protocol arp"]
    if only.port is None:
        return [f"meta l4proto {PROTOCOLS[only.protocol]}"]
    return [f"{only.protocol} {end} {only.port}" for end in ("sport", "dport")]


def _counters(*names: str) -> str:
    """Declare sets that hold a counter for each port that needs one; a port's counter stays when its rule goes."""
    return "\n  ".join(f"set {name} {{ type ifname; flags dynamic; size {ROOM}; }}" for name in names)


def _count(name: str, device: str) -> str:
    return f"add @{name} {{ {device} counter }}"


def _counted(elements: Iterable[Any]) -> dict[str, Count]:
    found = (element["elem"] for element in elements if isinstance(element, dict) and "elem" in element)
    return {one["val"]: Count(one["counter"]["packets"], one["counter"]["bytes"]) for one in found if "counter" in one}
