"""What was seen of BGP (RFC 4271)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class BgpEvent(Event):
    """A message between two speakers."""

    protocol = "bgp"


@dataclass(frozen=True, slots=True)
class BgpOpen(BgpEvent):
    """A speaker wants a session.

    `my_as` is the field of two octets; `asn` the speaker's number, also where it has four. `hold_time` is in seconds,
    `capabilities` are names, `families` the address families that it wants; `restart_time` is for how many seconds a
    graceful restart may take, None where it offers none.
    """

    version: int
    my_as: int
    asn: int
    hold_time: int
    bgp_id: str
    capabilities: tuple[str, ...]
    families: tuple[str, ...]
    restart_time: int | None


@dataclass(frozen=True, slots=True)
class BgpUpdate(BgpEvent):
    """Routes are announced or withdrawn. `end_of_rib` is the family of which all were told by now, else empty."""

    names = (("nlri", "announced"), ("withdrawn_routes", "withdrawn"), ("multi_exit_disc", "med"))

    announced: tuple[str, ...]
    withdrawn: tuple[str, ...]
    families: tuple[str, ...]
    origin: str
    as_path: str
    next_hop: str
    med: int | None
    local_pref: int | None
    communities: tuple[str, ...]
    end_of_rib: str


@dataclass(frozen=True, slots=True)
class BgpNotification(BgpEvent):
    """A speaker ends the session: `error` and `detail` are the codes in words, `message` is the operator's own.

    Code 4 is that nothing was heard within the hold time, 6 that the end is meant.
    """

    error_code: int
    error_subcode: int
    error: str
    detail: str
    message: str


@dataclass(frozen=True, slots=True)
class BgpKeepalive(BgpEvent):
    """A speaker is still there."""


@dataclass(frozen=True, slots=True)
class BgpRouteRefresh(BgpEvent):
    """A speaker asks for all routes of a family again; `subtype` 1 and 2 are the begin and end of them (RFC 7313)."""

    afi: int
    safi: int
    family: str
    subtype: int
