from __future__ import annotations

import pytest

from harness.incident.evidence import Evidence
from harness.incident.observation import Observation

SEEN = Evidence("journals/node01.json", "The system will reboot now!", line=7)


def test_it_tells_what_was_seen_and_where() -> None:
    told = str(Observation("it was restarted in good order", "node01", 1, 2, (SEEN,)))
    assert told == "node01: it was restarted in good order (journals/node01.json:7: The system will reboot now!)"


def test_an_observation_needs_evidence_and_ends_after_it_began() -> None:
    with pytest.raises(ValueError, match="without evidence"):
        Observation("it was restarted", "node01", 1, 2, ())
    with pytest.raises(ValueError, match="before it began"):
        Observation("it was restarted", "node01", 2, 1, (SEEN,))
