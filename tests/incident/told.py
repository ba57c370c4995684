"""An incident as it is told, for tests."""

from __future__ import annotations

from dataclasses import replace

from harness.incident.diagnosis.diagnosis import of_findings
from harness.incident.diagnosis.telling import Told
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.signatures.catalogue import named
from harness.incident.signatures.signature import Sighting
from harness.incident.unread import Unread
from tests.incident.findings import record


def told(*findings: Finding, signature: str = "term runs away", topology: str = "t036") -> Told:
    """Return an incident with these findings and a signature, and a file that could not be read."""
    known = replace(
        record(topology=topology),
        sees={("a.pcap", "eth0"): frozenset({"node02"}), ("b.pcap", "any"): frozenset({"node01", "node03"})},
    )
    sighting = Sighting(True, "it grew", (Evidence("j.json", 'a "line"', line=3),))
    seen = [(named(signature), sighting), (named("member silent"), sighting)] if findings else []
    return Told(known, of_findings(known, findings), seen, [Unread("x.evtx", "no journal")])
