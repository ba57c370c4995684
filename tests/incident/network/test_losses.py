from __future__ import annotations

import random

import pytest

from harness.incident.network.losses import lossy
from harness.incident.network.soundings import Sounding, Soundings, Way

MILLISECOND = 1_000_000
FORTH = Way("node01", "node02", "tcp:2380")
OTHER = Way("node01", "node03", "tcp:2380")


def talk(share: float, since: int = 5000, until: int = 15_000, *, exact: bool = True) -> Soundings:
    chance = random.Random(11)  # noqa: S311 - no secret
    found = Soundings()
    for way, lost in ((FORTH, share), (OTHER, 0.0)):
        for place, at in enumerate(range(0, 20_000, 20)):
            found.sent[way].append(at * MILLISECOND)
            if since <= at < until and chance.random() < lost:
                found.lost[way].append(Sounding(at * MILLISECOND, place))
        if exact:
            found.exact[way.pair] = [(0, 20_000 * MILLISECOND)]
    return found


def explained(_pair: tuple[str, str], time: int) -> bool:
    return time < 0


@pytest.mark.parametrize("share", [0.02, 0.1, 0.4])
def test_a_share_that_gets_lost_is_found_with_who_is_spared(share: float) -> None:
    (one,) = lossy(talk(share), explained)
    assert one.shares.keys() == {FORTH.pair}
    assert one.share([FORTH.pair]) == pytest.approx(share, rel=0.4)
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


def test_what_was_sent_again_without_need_counts_only_where_frames_get_lost_for_certain() -> None:
    sent_again = [Sounding(at * MILLISECOND, at) for at in range(0, 20_000, 200)]
    quiet, lossy_link = talk(0), talk(0.1)
    quiet.again[OTHER] = lossy_link.again[OTHER] = sent_again
    assert lossy(quiet, explained) == []
    (one,) = lossy(lossy_link, explained)
    assert one.shares[OTHER.pair] == pytest.approx(0.1, rel=0.1)


def test_a_straggler_does_not_move_the_edges() -> None:
    found = talk(0.1)
    found.lost[FORTH].append(Sounding(18_500 * MILLISECOND, 1))
    (one,) = lossy(found, explained)
    assert one.ended < 16_000 * MILLISECOND


def test_holes_count_where_nothing_is_known_better() -> None:
    found = talk(0.1, exact=False)
    found.missed[FORTH] = found.lost.pop(FORTH)
    (one,) = lossy(found, explained)
    assert one.shares.keys() == {FORTH.pair}
    assert one.holes == {FORTH.pair}
    found.lost[FORTH] = found.missed[FORTH][: len(found.missed[FORTH]) // 2]
    assert not lossy(found, explained)[0].holes
