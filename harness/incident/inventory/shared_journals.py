"""The journal of a host that runs several members of a cluster: what each unit says is its member's. Pure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.incident.record import Logged

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.entry import Entry
    from harness.incident.files.spoken_ports import End

OWN_IDENTIFIER = re.compile(
    r"\b([0-9a-f]{8,16}) became (?:leader|follower|candidate)|\"local-member-id\":\"([0-9a-f]+)\""
)
OWN_END = re.compile(
    r"(?:listen(?:ing)?[- ](?:for )?peer|peers? on|peer traffic on|bind[ _-]addr)[^0-9]{0,40}"
    r"((?:\d{1,3}\.){3}\d{1,3}):(\d{1,5})\b",
    re.IGNORECASE,
)
INSTANCE = re.compile(r"@[^.]*(?=\.service$)")


def told_apart(lines: Sequence[Logged], members: Mapping[int, End], names: Mapping[End, str]) -> Sequence[Logged]:
    """Return a journal's lines with a member's name for the host, where the host runs several of them.

    `members` has where each member listens, by its identifier, `names` what members are called that share an address.
    Units that are instances of one, such as ``etcd@n2.service``, have the name without it then. What such a host says
    besides is nobody's.
    """
    owners = _owners((line.entry for line in lines), members, names)
    if not owners:
        return lines
    hosts = {host for host, _ in owners}
    return [Logged(line.time, _of_member(line.entry, owners)) if line.entry.host in hosts else line for line in lines]


def _owners(
    entries: Iterable[Entry], members: Mapping[int, End], names: Mapping[End, str]
) -> dict[tuple[str, str], str]:
    """Return the member that each unit of a host is, by what it says of itself."""
    found: dict[tuple[str, str], str] = {}
    for entry in entries:
        end: End | None = None
        if match := OWN_IDENTIFIER.search(entry.message):
            end = members.get(int(match[1] or match[2], 16))
        elif match := OWN_END.search(entry.message):
            end = (match[1], int(match[2]))
        if end is not None and end in names:
            found.setdefault((entry.host, entry.unit), names[end])
    return found


def _of_member(entry: Entry, owners: Mapping[tuple[str, str], str]) -> Entry:
    unit = INSTANCE.sub("", entry.unit)
    message = entry.message.replace(entry.unit, unit) if unit != entry.unit else entry.message
    return replace(entry, host=owners.get((entry.host, entry.unit), ""), unit=unit, message=message)
