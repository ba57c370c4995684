"""Why an answer's field may differ from what was recorded, though nothing is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.incident.replay.answer_fields import CONTENT, option_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.capture.protocols.dhcp_fields import Value
    from harness.incident.replay.comparison import Difference

LEASE, RENEWAL, REBINDING = (option_name(code) for code in (51, 58, 59))

BY_NATURE = {
    RENEWAL: "servers draw it anew for each lease",
    REBINDING: "servers draw it anew for each lease",
    "date": "the time of the answer",
    "server": "the name of the program that serves",
    "last-modified": "when the file was put there",
    "etag": "made of when the file was put there",
}

OF_THE_FILE = frozenset({"content-length", CONTENT})

OWN_ADDRESS = "the server's own address"
OTHER_ADDRESS = "follows from the address that is leased now"
ADDRESS = re.compile(r"(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])")


class Moved:
    """Which address stands now where another one was recorded.

    `servers` are the addresses of DHCP servers, `clients` those that they lease, `others` where they send clients.
    """

    def __init__(self) -> None:
        self.servers: dict[IPv4Address, IPv4Address] = {}
        self.clients: dict[IPv4Address, IPv4Address] = {}
        self.others: dict[IPv4Address, IPv4Address] = {}

    @property
    def every(self) -> Mapping[IPv4Address, IPv4Address]:
        """All of them."""
        return self.others | self.clients | self.servers

    def address(self, recorded: IPv4Address) -> IPv4Address:
        """Return the address that stands for a recorded one now."""
        return self.every.get(recorded, recorded)


def excused(
    differences: Sequence[Difference], moved: Moved, *, renewal: bool = False, stand_in: bool = False
) -> tuple[Difference, ...]:
    """Return the differences, each with its excuse where it has one.

    `renewal` is whether a lease was renewed, `stand_in` whether what is served is known to be another file.
    """
    return tuple(replace(one, excuse=_excuse(one, moved, renewal=renewal, stand_in=stand_in)) for one in differences)


def _excuse(one: Difference, moved: Moved, *, renewal: bool, stand_in: bool) -> str:
    if stand_in and one.field in OF_THE_FILE:
        return "another file stands in here for what the field serves"
    if one.field in BY_NATURE and None not in (one.recorded, one.now):
        return BY_NATURE[one.field]
    if one.field == LEASE and renewal:
        return "what is left of the lease"
    if one.recorded is not None and one.recorded != one.now:
        if _moved(one.recorded, moved.servers) == one.now:
            return OWN_ADDRESS
        if one.field != "yiaddr" and _moved(one.recorded, moved.clients) == one.now:
            return OTHER_ADDRESS
    return ""


def _moved(value: Value, places: Mapping[IPv4Address, IPv4Address]) -> Value:
    """Return what was recorded as it would be with other addresses, wherever they stand in it."""
    match value:
        case IPv4Address():
            return places.get(value, value)
        case str():
            return in_text(value, places)
        case bytes():
            return in_text(value.decode("latin-1"), places).encode("latin-1")
        case Mapping():
            return {name: _moved(part, places) for name, part in value.items()}
        case tuple() | list():
            return tuple(_moved(part, places) for part in value)
    return value


def in_text(text: str, places: Mapping[IPv4Address, IPv4Address]) -> str:
    """Return a text with other addresses in the places of some."""
    known = {str(there): str(here) for there, here in places.items()}
    return ADDRESS.sub(lambda found: known.get(found[0], found[0]), text)
