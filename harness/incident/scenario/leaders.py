"""Who led what when an incident began: whether a fault meets a leader decides what follows from it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.signatures import raft_story
from harness.incident.signatures.raft_story import LEADS
from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.incident.record import Record

SERVICES: Mapping[str, str] = {
    f"port {ports.CHAINFIRE_RAFT}": "chainfire",
    f"port {ports.FLAREDB_RAFT}": "flaredb",
    "chainfire.service": "chainfire",
    "flaredb.service": "flaredb",
    "etcd.service": "chainfire",
}
"""The service of a stack by where its members are heard, or by its unit; a plain etcd stands where Chainfire does."""


def leaders(record: Record, moment: int) -> dict[str, str]:
    """Return the machine that led each service at a moment (nanoseconds since 1970), of those that are known."""
    found: dict[str, str] = {}
    for fact in raft_story.facts(record):
        if fact.time > moment:
            break
        if fact.what == LEADS and fact.machine and fact.group in SERVICES:
            found[SERVICES[fact.group]] = fact.machine
    return found
