from __future__ import annotations

import random

import pytest

from harness.incident.network.losses import lossy
from harness.incident.network.soundings import BEFORE, BETWEEN, Sounding, Soundings, Stretch, Tally, Way

MILLISECOND = 1_000_000
FORTH = Way("node01", "node02", "tcp:2380")
OTHER = Way("node01", "node03", "tcp:2380")


def talk(share: float, since: int = 5000, until: int = 15_000) -> Soundings:
    chance = random.Random(11)  # noqa: S311 - no secret
    found = Soundings()
    for way, lost in ((FORTH, share), (OTHER, 0.0)):
        for place, at in enumerate(range(0, 20_000, 20)):
            found.sent[way].append(at * MILLISECOND)
            if since <= at < until and chance.random() < lost:
                found.lost[way].append(Sounding(at * MILLISECOND, place))
        found.exact[way.pair] = [(0, 20_000 * MILLISECOND)]
    return found


def explained(_pair: tuple[str, str], time: int) -> bool:
    return time < 0


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_a_share_that_gets_lost_is_found_with_who_is_spared(share: float) -> None:
    (one,) = lossy(talk(share), explained)
    assert one.shares.keys() == {FORTH.pair}
    assert one.share([FORTH.pair]).value == pytest.approx(share, rel=0.4)
    assert one.spared == {OTHER.pair}
    assert abs(one.began - 5000 * MILLISECOND) < 1000 * MILLISECOND
    assert abs(one.ended - 15_000 * MILLISECOND) < 1000 * MILLISECOND
    assert len(one.first) == 3


def test_who_lost_a_single_frame_is_not_spared() -> None:
    found = talk(0.1)
    found.lost[OTHER].append(Sounding(9000 * MILLISECOND, 1))
    (one,) = lossy(found, explained)
    assert one.shares.keys() == {FORTH.pair}
    assert not one.spared


def test_bad_luck_bursts_and_what_a_cut_explains_are_nothing() -> None:
    assert lossy(talk(0), explained) == []
    assert lossy(talk(1.0, 5000, 5150), explained) == []
    assert lossy(talk(0.1), lambda _pair, time: time >= 0) == []


def test_where_nothing_gets_through_it_is_no_loss() -> None:
    assert lossy(talk(0.9), explained) == []


def test_a_straggler_does_not_move_the_edges() -> None:
    found = talk(0.1)
    found.lost[FORTH].append(Sounding(18_500 * MILLISECOND, 1))
    (one,) = lossy(found, explained)
    assert one.ended < 16_000 * MILLISECOND


def hidden(found: Soundings, part: str) -> Soundings:
    """Return the same as seen from one point: what got lost there is told by what came later."""
    for way in (FORTH, OTHER):
        found.hidden[Stretch(way.pair, part)] = Tally(found.sent.pop(way), found.lost.pop(way, []))
    found.exact.clear()
    return found


@pytest.mark.parametrize("part", [BEFORE, BETWEEN])
def test_what_no_point_saw_counts_where_something_tells_of_it(part: str) -> None:
    (one,) = lossy(hidden(talk(0.1), part), explained)
    assert one.shares.keys() == {FORTH.pair}
    assert one.share([FORTH.pair]).value == pytest.approx(0.1, rel=0.4)
    assert one.spared == {OTHER.pair}


def test_of_several_parts_of_a_way_the_worst_one_counts() -> None:
    found = talk(0.1)
    found.hidden[Stretch(FORTH.pair, BEFORE)] = Tally(found.sent[FORTH], found.lost[FORTH][:4])
    (one,) = lossy(found, explained)
    assert one.shares[FORTH.pair].lost == len(found.lost[FORTH])


def test_who_lost_less_than_the_others_for_certain_lost_it_by_something_else() -> None:
    found = talk(0.2)
    found.lost[OTHER] += found.lost[FORTH][:3]
    (one,) = lossy(found, explained)
    assert one.shares.keys() == {FORTH.pair}


def test_of_whom_too_little_was_heard_is_not_spared() -> None:
    found = talk(0.1)
    found.sent[OTHER] = found.sent[OTHER][::40]
    (one,) = lossy(found, explained)
    assert not one.spared
