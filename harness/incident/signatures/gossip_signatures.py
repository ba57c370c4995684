"""Signatures of gossip: a member that others hold for dead, in serf's journals and on the wire. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from harness.capture.events import GossipDead, GossipEncrypted, GossipEvent
from harness.incident import citing
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from harness.incident.evidence import Evidence
    from harness.incident.record import Heard, Logged
    from harness.incident.signatures.signature import Stage

FAILED = re.compile(r"EventMemberFailed: (\S+)")
SERF = "serf: "


class HeldForDead:
    """Somebody says of a member that it is dead, and not that it has left (memberlist, serf)."""

    name = "held for dead"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        record = stage.record
        told = [*filter(None, map(_logged, record.logged)), *filter(None, map(_heard, record.heard))]
        shown = sorted((one for one in told if one[0] >= stage.since), key=lambda one: one[0])
        if shown:
            _, node, evidence = shown[0]
            return Sighting(True, f"{record.machine_of.get(node, node)} is held for dead", (evidence,))
        readable = any(
            isinstance(one.event, GossipEvent) and not isinstance(one.event, GossipEncrypted) for one in record.heard
        )
        if readable or any(SERF in one.entry.message for one in record.logged):
            return Sighting(False, "nobody was held for dead")
        return Sighting(None, "no gossip that can be read, and no journal of serf")


def _logged(one: Logged) -> tuple[int, str, Evidence] | None:
    found = FAILED.search(one.entry.message)
    return (one.time, found[1], citing.said(one)) if found else None


def _heard(one: Heard) -> tuple[int, str, Evidence] | None:
    event = one.event
    return (one.time, event.node, citing.decoded(one)) if isinstance(event, GossipDead) and not event.left else None
