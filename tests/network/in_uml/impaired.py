"""What netem does to the links of bridges: kept, counted, captured, and missed where somebody else takes it away."""

from __future__ import annotations

from datetime import timedelta

import pytest

from harness.capture.files.reader import frames
from harness.errors import LabError
from harness.network.bridge import queueing
from harness.network.bridge.netem import Netem
from harness.network.conformance.floor import EVERYONE, EXPERIMENTAL, TEN, End, Floor, expect, floor
from harness.network.impairment import Impairment
from harness.network.ports import Access
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds
from tests.network.test_bridged import make_network

__all__ = ["floor", "make_network"]

pytestmark = pytest.mark.kernel

NUMBER = 1_000
EVERYTHING = Impairment(
    delay=20 * milliseconds,
    jitter=timedelta(microseconds=1_500),
    loss=0.1,
    duplicate=0.2,
    reorder=0.3,
    corrupt=1.0,
    rate=5_000_000_000_000,
)


@pytest.fixture
def pair(floor: Floor) -> tuple[End, End]:
    return floor.end(Access(TEN)), floor.end(Access(TEN))


def burst(sender: End, number: int = NUMBER) -> None:
    for n in range(number):
        sender.send(EVERYONE, b"%06d" % n)


def bodies(end: End) -> list[bytes]:
    end.listen()
    return [frame[14:20] for frame in end.heard if frame[12:14] == EXPERIMENTAL]


def heard(end: End) -> list[bytes]:
    end.listen()
    return end.heard


def lost(end: End, direction: str) -> int:
    counts: dict[str, int] = getattr(end.link.counters(), direction)
    return counts.get("loss", 0)


def in_order(number: int) -> list[bytes]:
    return [b"%06d" % n for n in range(number)]


@pytest.mark.parametrize("direction", ["up", "down"])
def test_everything_is_set_whole_and_read_back(pair: tuple[End, End], direction: str) -> None:
    link = pair[0].link
    link.impair(EVERYTHING, directions=[direction])
    assert link.impairment(direction) == EVERYTHING
    link.impair(Impairment(loss=0.0), directions=[direction])
    assert link.impairment(direction) == Impairment(loss=0.0)
    other = "down" if direction == "up" else "up"
    assert link.impairment(other) == Impairment()


def test_who_changes_netem_behind_our_back_is_noticed(floor: Floor, pair: tuple[End, End]) -> None:
    link = pair[0].link
    link.impair(EVERYTHING)
    other = Netem.of(Impairment(loss=0.25))
    floor.network._control.netlink.tell([queueing.put_netem(link.plugged.port.index, other, None, "somebody else's")])
    assert link.impairment("up") == EVERYTHING
    with pytest.raises(LabError, match="somebody else has changed it"):
        link.impairment("down")


@pytest.mark.parametrize("direction", ["up", "down"])
def test_loss_is_counted_and_what_came_through_is_captured(floor: Floor, pair: tuple[End, End], direction: str) -> None:
    one, two = pair
    impaired = one if direction == "up" else two
    impaired.link.impair(Impairment(loss=0.25), directions=[direction])
    burst(one)
    wait_until("all", lambda: two.link.counters().sent + lost(impaired, direction) == NUMBER, within=10 * seconds)
    came = bodies(two)
    assert lost(impaired, direction) == NUMBER - len(came)
    assert 150 < NUMBER - len(came) < 350
    assert two.link.counters().sent == len(came)
    (path,) = floor.network.captures
    own = [frame for frame in frames(path) if frame.link == "end2"]
    assert [bytes(frame.data[14:20]) for frame in own] == came
    assert {frame.direction for frame in own} == {"out"}
    first = [frame for frame in frames(path) if frame.link == "end1"]
    assert len(first) == one.link.counters().received == (len(came) if direction == "up" else NUMBER)
    assert {frame.direction for frame in first} == {"in"}


def test_jitter_lets_no_frame_overtake_another(pair: tuple[End, End]) -> None:
    one, two = pair
    two.link.impair(Impairment(delay=5 * milliseconds, jitter=5 * milliseconds), directions=["down"])
    burst(one)
    wait_until("all", lambda: len(bodies(two)) == NUMBER, within=10 * seconds)
    assert bodies(two) == in_order(NUMBER)
    assert two.link.counters().down["delay"] == NUMBER


def test_reordered_frames_overtake_and_are_counted(pair: tuple[End, End]) -> None:
    one, two = pair
    two.link.impair(Impairment(delay=20 * milliseconds, reorder=0.5), directions=["down"])
    burst(one)
    wait_until("all", lambda: len(bodies(two)) == NUMBER, within=10 * seconds)
    assert bodies(two) != in_order(NUMBER)
    assert sorted(bodies(two)) == in_order(NUMBER)
    assert 350 < two.link.counters().down["reorder"] < 650


def test_a_line_of_limited_rate_has_a_queue(pair: tuple[End, End]) -> None:
    one, two = pair
    two.link.impair(Impairment(rate=50_000), directions=["down"])
    burst(one, 2 * NUMBER)
    wait_until("a full queue", lambda: two.link.counters().down.get("queue", 0) > NUMBER // 2, within=10 * seconds)
    assert two.link.counters().down["queue"] <= NUMBER
    assert "loss" not in two.link.counters().down


def test_what_is_on_its_way_arrives_after_the_delay_is_taken_back(pair: tuple[End, End]) -> None:
    one, two = pair
    two.link.impair(Impairment(delay=300 * milliseconds), directions=["down"])
    one.send(EVERYONE, b"first.")
    two.link.impair(Impairment(), directions=["down"])
    one.send(EVERYONE, b"second")
    expect(two, b"second")
    expect(two, b"first.")


def test_a_cut_stops_what_waits_to_get_in_and_an_impairment_outlives_it(pair: tuple[End, End]) -> None:
    one, two = pair
    wanted = Impairment(delay=1 * milliseconds)
    one.link.impair(wanted)
    one.link.cut(carrier=False)
    one.send(EVERYONE, b"lost")
    wait_until("the cut", lambda: one.link.counters().up.get("cut"), within=5 * seconds)
    one.link.cut()
    one.link.restore()
    assert one.link.impairment("up") == one.link.impairment("down") == wanted
    one.send(EVERYONE, b"back")
    expect(two, b"back")
    assert not two.hears(b"lost")


def test_corruption_and_duplication_are_as_often_as_asked(pair: tuple[End, End]) -> None:
    one, two = pair
    two.link.impair(Impairment(corrupt=1.0), directions=["down"])
    burst(one, 100)
    wait_until("all", lambda: len(heard(two)) == 100, within=10 * seconds)
    pairs = zip(two.heard, in_order(100), strict=True)
    flipped = [int.from_bytes(frame, "big") ^ int.from_bytes(one.frame(EVERYONE, body), "big") for frame, body in pairs]
    assert {bits.bit_count() for bits in flipped} == {1}
    two.heard.clear()
    two.link.impair(Impairment(duplicate=1.0), directions=["down"])
    burst(one, 100)
    wait_until("all, twice", lambda: len(bodies(two)) == 200, within=10 * seconds)
