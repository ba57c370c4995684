from __future__ import annotations

import pytest

from harness.incident.evidence import Evidence

SEEN = Evidence("journals/node01.json", "another boot", line=7)


@pytest.mark.parametrize(
    "evidence, text",
    [
        (SEEN, "journals/node01.json:7: another boot"),
        (Evidence("a.pcap", "silence", frame=12), "a.pcap frame 12: silence"),
        (Evidence("a.pcap", "nothing of node02"), "a.pcap: nothing of node02"),
    ],
)
def test_evidence_says_where_it_stands(evidence: Evidence, text: str) -> None:
    assert str(evidence) == text
