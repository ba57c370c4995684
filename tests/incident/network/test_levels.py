from __future__ import annotations

import random

import pytest

from harness.incident.network.levels import levels
from harness.incident.network.soundings import Trip

MILLISECOND = 1_000_000


def trips(took: dict[tuple[int, int], float], lasts: int = 20_000, every: int = 50, noise: float = 0.1) -> list[Trip]:
    """Return trips that take so many milliseconds, by the time in which they do."""
    chance = random.Random(3)  # noqa: S311 - no secret
    found = []
    for place, at in enumerate(range(0, lasts, every)):
        usual = next((value for (since, until), value in took.items() if since <= at < until), 0.2)
        late = 30 if chance.random() < 0.05 else 0  # a host that is busy
        length = usual + chance.uniform(0, noise) + late
        found.append(Trip(at * MILLISECOND, place, round(length * MILLISECOND)))
    return found


def test_a_time_in_which_frames_took_longer_is_found_with_its_edges() -> None:
    (one,) = levels(trips({(5000, 12_000): 50}))
    assert one.ended is not None
    assert abs(one.began - 5000 * MILLISECOND) <= 100 * MILLISECOND
    assert abs(one.ended - 12_000 * MILLISECOND) <= 100 * MILLISECOND
    assert one.took - one.usual == pytest.approx(49.8 * MILLISECOND, abs=MILLISECOND)
    assert one.most - one.least < 31 * MILLISECOND


def test_what_lasts_to_the_end_or_most_of_the_time_is_found() -> None:
    (one,) = levels(trips({(5000, 99_000): 10}))
    assert one.ended is None
    (one,) = levels(trips({(0, 15_000): 10}))
    assert one.ended is not None


def test_two_times_are_two() -> None:
    assert len(levels(trips({(3000, 6000): 50, (12_000, 15_000): 20}))) == 2


@pytest.mark.parametrize(
    "took",
    [{}, {(5000, 5800): 50.0}, {(5000, 9000): 1.0}],
    ids=["busy", "short", "little"],
)
def test_what_a_busy_host_does_is_no_level(took: dict[tuple[int, int], float]) -> None:
    assert levels(trips(took)) == []


def test_too_few_trips_tell_nothing() -> None:
    assert levels(trips({(500, 900): 50}, lasts=1000)) == []
