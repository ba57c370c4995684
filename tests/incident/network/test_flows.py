from __future__ import annotations

import pytest

from harness.incident.network.flows import listen
from harness.incident.network.passages import passages
from harness.incident.network.soundings import BEFORE, BETWEEN, Soundings, Stretch, Way
from harness.incident.network.vantages import vantages
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, all_of, both, cut, topology, unharmed

THREE = topology("node01", "node02", "node03")
FORTH = Way("node01", "node02", "tcp:2380")


def heard(fate: Fate, point: str = "node01") -> Soundings:
    record = Talk(THREE, (point,), fate, lasts=6000).record()
    found = Soundings()
    listen(passages(record, vantages(record)), found)
    found.put_in_order()
    return found


def within(soundings: object, since: float, until: float) -> int:
    times = [(one.time - BEGAN) / MILLISECOND for one in soundings]  # type: ignore[attr-defined]
    return sum(since <= time < until for time in times)


def test_what_was_answered_got_through_and_took_its_time() -> None:
    found = heard(unharmed)
    assert not found.lost
    assert not any(tally.lost for tally in found.hidden.values())
    assert within(found.through[FORTH], 0, 6000) > 100
    assert {round(trip.took / MILLISECOND, 1) for trip in found.round_trips[FORTH]} == {0.2}


@pytest.mark.parametrize("ways", [both(("node01", "node02")), [("node01", "node02")]])
def test_what_was_answered_only_when_it_was_sent_again_was_lost(ways: list[tuple[str, str]]) -> None:
    found = heard(cut(2000, 4000, *ways))
    assert within(found.lost[FORTH], 2000, 4000) == len(found.lost[FORTH]) >= 4
    assert within(found.through[FORTH], 2000, 4000) == 0
    assert found.unheard[FORTH.back] == found.lost[FORTH]


def test_what_was_answered_much_later_had_arrived() -> None:
    def slow(at: float, speaker: str, _listener: str, _service: str) -> float | None:
        return max(0.1, 4000 - at) if speaker == "node02" and at >= 2000 else 0.1

    found = heard(slow)
    assert within(found.through[FORTH], 2000, 4000) > 0
    assert not found.lost[FORTH]


def test_a_hole_in_what_arrives_is_a_loss_on_its_way() -> None:
    found = heard(cut(2000, 2060, ("node02", "node01")))
    assert within(found.hidden[Stretch(FORTH.back.pair, BEFORE)].lost, 2060, 2200) == 2


def test_what_is_never_answered_was_lost_but_for_the_last_moment() -> None:
    found = heard(all_of(cut(2000, 9000, *both(("node01", "node02"))), unharmed))
    assert within(found.lost[FORTH], 2000, 5700) == len(found.lost[FORTH]) >= 4


def test_where_the_losses_are_known_nothing_is_inferred() -> None:
    record = Talk(THREE, ("node01",), cut(2000, 4000, *both(("node01", "node02"))), lasts=6000).record()
    always = [(record.began, record.ended)]
    found = Soundings(exact={FORTH.pair: always, FORTH.pair[::-1]: always})
    listen(passages(record, vantages(record)), found)
    assert not found.lost[FORTH]
    assert found.through[FORTH]
    assert found.round_trips[FORTH]


def test_who_opens_or_ends_a_connection_again_may_have_been_answered() -> None:
    found = heard(cut(0, 100, *both(("node01", "node02"))))
    assert found.lost[FORTH]
    assert not any(found.hidden[Stretch(FORTH.pair, BETWEEN)].lost)
