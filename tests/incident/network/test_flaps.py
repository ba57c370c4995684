from __future__ import annotations

import pytest

from harness.faults.fault import Fault
from harness.faults.links import Cut
from harness.faults.words import describe
from harness.incident.evidence import Evidence
from harness.incident.finding import Finding
from harness.incident.network.flaps import fold

SECOND = 1_000_000_000
SEEN = (Evidence("a.pcap", "a frame", frame=1),)


def of(fault: Fault) -> str | None:
    return fault.links[0] if isinstance(fault, Cut) else None


def cuts(*times: tuple[float, float], link: str = "node01/eth0") -> list[Finding]:
    return [Finding(Cut((link,)), round(a * SECOND), round(b * SECOND), SEEN, 0.9) for a, b in times]


def told(findings: list[Finding]) -> list[str]:
    return [describe(one.fault) for one in fold(findings, of)]


def test_cuts_at_one_pace_are_a_flap_until_the_next_one_does_not_come() -> None:
    (one,) = fold(cuts((0, 1.02), (1.98, 3), (4.03, 5.01), (6, 7)), of)
    assert describe(one.fault) == "flap node01/eth0 every=2s"
    assert (one.began, one.ended) == (0, round(7.495 * SECOND))
    assert len(one.evidence) == 4


def test_a_flap_that_ends_within_a_cut_ends_with_it() -> None:
    (one,) = fold(cuts((0, 1), (2, 3), (4, 5), (6, 6.4)), of)
    assert one.ended == round(6.4 * SECOND)


def test_one_cut_may_be_missing() -> None:
    assert told(cuts((0, 0.5), (1, 1.5), (3, 3.5), (4, 4.5))) == ["flap node01/eth0"]


def test_the_second_cut_may_be_the_one_that_is_missing() -> None:
    assert told(cuts((0, 1.2), (4.7, 5.9), (7.2, 8.3))) == ["flap node01/eth0 every=2.4s"]


@pytest.mark.parametrize(
    "times",
    [
        [(0, 1), (2, 3)],
        [(0, 1), (2, 3), (9, 10)],
        [(0, 0.2), (2, 2.2), (4, 4.2), (6, 6.2)],
        [(0, 11), (22, 33), (44, 55)],
    ],
    ids=["few", "uneven", "brief", "long"],
)
def test_other_cuts_stay_what_they_are(times: list[tuple[float, float]]) -> None:
    assert told(cuts(*times)) == ["cut node01/eth0"] * len(times)


def test_cuts_of_other_links_stay_beside() -> None:
    beside = cuts((2.2, 2.9), link="node02/eth0")
    assert told([*cuts((0, 1), (2, 3), (4, 5)), *beside]) == ["flap node01/eth0 every=2s", "cut node02/eth0"]
