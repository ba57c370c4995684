from __future__ import annotations

import random
from collections.abc import Collection

import pytest

from harness.faults.words import describe, fault_of
from harness.incident.network.faults import find
from tests.incident.talk import BEGAN, MILLISECOND, TRAVEL, Fate, Talk, all_of, cut, topology

THREE = topology("node01", "node02", "node03")
SITES = topology("node01", "node02", "node03", sites="abc")
ALL = ("node01", "node02", "node03")


def worse(
    passes: Collection[tuple[str, str]], *, delay: float = 0, jitter: float = 0, loss: float = 0, usual: float = 0
) -> Fate:
    """Return a fate: from 4 to 12 s frames of some pairs take longer, or are lost; all take what is usual there."""
    chance = random.Random(2)  # noqa: S311 - no secret

    def fate(at: float, speaker: str, listener: str, _service: str) -> float | None:
        if not (4000 <= at < 12_000 and (speaker, listener) in passes):
            return TRAVEL + usual
        return None if chance.random() < loss else TRAVEL + max(delay, usual) + chance.uniform(-jitter, jitter)

    return fate


def of(name: str, way: str = "both") -> list[tuple[str, str]]:
    others = [other for other in ALL if other != name]
    up, down = [(name, other) for other in others], [(other, name) for other in others]
    return up * (way != "down") + down * (way != "up")


@pytest.mark.parametrize("points", [ALL, ALL[:2], ALL[:1]])
@pytest.mark.parametrize(
    "fate, words",
    [
        (worse(of("node01"), delay=50), "impair node01/eth0 delay=50ms"),
        (worse(of("node02"), delay=8), "impair node02/eth0 delay=8ms"),
        (worse(of("node01"), loss=0.1), "impair node01/eth0 loss=10%"),
        (worse(of("node01"), delay=30, loss=0.1), "impair node01/eth0 delay=30ms loss=10%"),
    ],
    ids=["slow", "slower", "lossy", "both"],
)
def test_what_all_pairs_of_a_machine_suffer_is_its_cards(fate: Fate, words: str, points: tuple[str, ...]) -> None:
    (one,) = find(Talk(THREE, points, fate, lasts=16_000, every=40).record())
    told, expected = fault_of(describe(one.fault).split()), fault_of(words.split())
    assert (told.links, told.way) == (expected.links, expected.way)  # type: ignore[attr-defined]
    assert told.delay == expected.delay  # type: ignore[attr-defined]
    assert told.loss == (pytest.approx(expected.loss, rel=0.4) if expected.loss else None)  # type: ignore[attr-defined]
    assert abs(one.began - BEGAN - 4000 * MILLISECOND) < 500 * MILLISECOND
    assert one.ended is not None
    assert abs(one.ended - BEGAN - 12_000 * MILLISECOND) < 500 * MILLISECOND


@pytest.mark.parametrize("way", ["up", "down"])
def test_two_points_tell_which_way_it_is(way: str) -> None:
    (one,) = find(Talk(THREE, ALL[:2], worse(of("node01", way), delay=30), lasts=16_000).record())
    assert describe(one.fault) == f"impair node01/eth0 way={way} delay=30ms"


def test_jitter_is_told() -> None:
    (one,) = find(Talk(THREE, ALL, worse(of("node01"), delay=40, jitter=15), lasts=16_000).record())
    assert one.fault.jitter is not None  # type: ignore[attr-defined]
    assert one.fault.jitter.total_seconds() == pytest.approx(0.015, rel=0.2)  # type: ignore[attr-defined]


def test_between_sites_the_whole_delay_is_told_not_what_came_on_top() -> None:
    between = [("node01", "node02"), ("node02", "node01")]
    (one,) = find(Talk(SITES, ALL, worse(between, delay=50, usual=10), lasts=16_000).record())
    assert describe(one.fault) == "impair a--b delay=50ms"


def test_what_a_cut_explains_is_no_loss() -> None:
    fate = all_of(cut(4000, 8000, *of("node01")), worse([]))
    (one,) = find(Talk(THREE, ALL, fate).record())
    assert describe(one.fault) == "isolate node01"
