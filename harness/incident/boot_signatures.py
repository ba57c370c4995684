"""Signatures of network boots: nobody offers an address, and a boot that never ends. Pure."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from harness.capture.events import DhcpDiscover, DhcpOffer, TftpComplete, TftpRequest
from harness.incident import citing
from harness.incident.signature import Sighting

if TYPE_CHECKING:
    from harness.incident.record import Heard
    from harness.incident.signature import Stage

TIMES = 2
"""A client asks again when nobody answered the first time."""
AGAIN = 3
"""So often a client asks for one file before it is held to go round in circles."""


class NoOffer:
    """A client looks for a DHCP server again and again, and is offered nothing."""

    name = "no offer"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        asked: defaultdict[str, list[Heard]] = defaultdict(list)
        any_asked = False
        for one in stage.record.heard:
            event = one.event
            if one.time < stage.since:
                continue
            if isinstance(event, DhcpOffer):
                asked.pop(event.client, None)
            elif isinstance(event, DhcpDiscover):
                any_asked = True
                asked[event.client].append(one)
        for client, times in asked.items():
            if len(times) >= TIMES:
                told = f"{client} asked {len(times)} times, and was offered nothing"
                return Sighting(True, told, (citing.decoded(times[0]), citing.decoded(times[-1])))
        return Sighting(False, "who asked was answered") if any_asked else Sighting(None, "nobody asked for an address")


class BootNeverEnds:
    """A client asks for one file again and again, and never has all of it."""

    name = "boot never ends"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        asked: defaultdict[tuple[str, str], list[Heard]] = defaultdict(list)
        any_asked = False
        for one in stage.record.heard:
            event = one.event
            if one.time >= stage.since and isinstance(event, TftpRequest):
                any_asked = True
                asked[str(event.client.address), event.file].append(one)
            elif isinstance(event, TftpComplete):
                asked.pop((str(event.client.address), event.file), None)
        for (client, file), times in asked.items():
            if len(times) >= AGAIN:
                told = f"{client} asked for {file} {len(times)} times, and never had all of it"
                return Sighting(True, told, (citing.decoded(times[0]), citing.decoded(times[-1])))
        return Sighting(False, "who asked was served") if any_asked else Sighting(None, "nobody booted")
