"""Signatures of network boots: nobody offers an address, a file never comes, or stops in the middle. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.events import (
    DhcpDiscover,
    DhcpOffer,
    HttpEvent,
    HttpResponse,
    TftpComplete,
    TftpOptions,
    TftpRequest,
    TftpUnfinished,
)
from harness.incident import citing
from harness.incident.boot.asks import SLOW, asks
from harness.incident.boot.downloads import held_up
from harness.incident.boot.outages import boot_servers
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from harness.incident.record import Heard
    from harness.incident.signatures.signature import Stage

SECOND = 10**9
WITHOUT = 3 * SECOND // 2
"""Nanoseconds between two questions of a client between which nobody answers: one that asks again at once was hasty."""
AGAIN = 3
"""So often a client asks for one file before it is held to go round in circles."""


class NoOffer:
    """A client looks for a DHCP server again and again, and is offered nothing."""

    name = "no offer"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        asked: dict[str, Heard] = {}
        any_asked = False
        for one in stage.record.heard:
            event = one.event
            if isinstance(event, DhcpOffer):
                asked.pop(event.client, None)
            elif isinstance(event, DhcpDiscover) and one.time >= stage.since:
                any_asked = True
                first = asked.setdefault(event.client, one)
                if one.time - first.time >= WITHOUT:
                    told = f"{event.client} asks for {(one.time - first.time) / SECOND:.1f} s, and is offered nothing"
                    return Sighting(True, told, (citing.decoded(first), citing.decoded(one)))
        return Sighting(False, "who asked was answered") if any_asked else Sighting(None, "nobody asked for an address")


class TwoDhcpServers:
    """Two DHCP servers offer addresses to one client."""

    name = "two DHCP servers"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        offers: dict[str, Heard] = {}
        for one in stage.record.heard:
            event = one.event
            if not isinstance(event, DhcpOffer) or one.time < stage.since or event.address is None:
                continue
            first = offers.setdefault(event.client, one)
            if isinstance(first.event, DhcpOffer) and first.event.server != event.server:
                told = f"{first.event.server} and {event.server} offer addresses to {event.client}"
                return Sighting(True, told, (citing.decoded(first), citing.decoded(one)))
        return (
            Sighting(False, "one server offered addresses") if offers else Sighting(None, "nobody offered an address")
        )


class BootNeverEnds:
    """A client asks for one file again and again, and is sent nothing of it."""

    name = "boot never ends"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        asked: defaultdict[tuple[str, str], list[Heard]] = defaultdict(list)
        any_asked = False
        for one in stage.record.heard:
            event = one.event
            if one.time >= stage.since and isinstance(event, TftpRequest):
                any_asked = True
                times = asked[str(event.client.address), event.file]
                times.append(one)
                if len(times) >= AGAIN:
                    told = f"{event.client.address} asks for {event.file} {len(times)} times, and is sent nothing"
                    return Sighting(True, told, (citing.decoded(times[0]), citing.decoded(one)))
            elif isinstance(event, TftpOptions | TftpComplete | TftpUnfinished):
                asked.pop((str(event.client.address), event.file), None)
        return Sighting(False, "who asked was served") if any_asked else Sighting(None, "nobody booted")


class DownloadStalls:
    """What a client asked a boot server for over HTTP is not sent, or stops in the middle, for two seconds or more."""

    name = "download stalls"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        record = stage.record
        servers = boot_servers(record)
        asked = [one for one in asks(record.heard) if one.kind == "http" and one.server in servers]
        asked = [one for one in asked if one.time >= stage.since and isinstance(one.heard.event, HttpEvent)]
        halted = [one for one in held_up(record, servers) if one.time >= stage.since]
        for one in sorted([*asked, *halted], key=lambda ask: ask.time):
            event, waited = one.heard.event, (one.answered or record.ended) - one.time
            if waited > SLOW and isinstance(event, HttpEvent):
                what = "sent no more of" if isinstance(event, HttpResponse) else "not sent"
                told = f"{event.client.address} is {what} {event.target} for {waited / SECOND:.1f} s"
                return Sighting(True, told, (citing.decoded(one.heard),))
        return Sighting(False, "what was asked for came") if asked else Sighting(None, "nobody downloaded anything")
