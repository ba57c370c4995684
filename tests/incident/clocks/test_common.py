from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.incident.clocks.common import Clock, islands
from harness.incident.clocks.sightings import Sightings
from harness.incident.packet import Packet

MILLISECOND, SECOND = 10**6, 10**9
START = 1_700_000_000 * SECOND
HOSTS = ("10.0.0.1", "10.0.0.2", "10.0.0.3")


def packet(time: int, identity: int, src: str, dst: str, carries: str = "tcp") -> Packet:
    return Packet(time, "", "", 1, "", "", (), src, dst, carries, 0, 0, 0, 0, 0, 0, identity)


def shown(true: int, clock: tuple[int, float]) -> int:
    return true + clock[0] + round((true - START) * clock[1])


def captured(clocks: dict[str, tuple[int, float]], seed: int, span: int = 60 * SECOND) -> dict[str, Sightings]:
    """Make the sightings of hosts' own captures, named by the hosts, of what they say to each other."""
    chance = random.Random(seed)  # noqa: S311 - for tests
    seen = {host: Sightings() for host in clocks}
    hosts = sorted(clocks)
    said = sorted((START + chance.randrange(span), chance.sample(hosts, 2)) for _ in range(200 * len(hosts)))
    for identity, (true, (src, dst)) in enumerate(said):
        came = true + 100_000 + chance.randrange(100_000)
        seen[src].see(packet(shown(true, clocks[src]), identity, src, dst))
        seen[dst].see(packet(shown(came, clocks[dst]), identity, src, dst))
    return seen


CLOCKS = st.tuples(st.integers(-3600 * SECOND, 3600 * SECOND), st.floats(-50e-6, 50e-6))


@settings(deadline=None, max_examples=20)
@given(st.tuples(CLOCKS, CLOCKS, CLOCKS), st.integers(0, 1000))
def test_three_captures_are_put_on_one_clock(
    clocks: tuple[tuple[int, float], tuple[int, float], tuple[int, float]], seed: int
) -> None:
    by_host = dict(zip(HOSTS, clocks, strict=True))
    (island,) = islands(captured(by_host, seed))
    assert island.clocks.keys() == by_host.keys()
    for true in (START, START + 30 * SECOND, START + 60 * SECOND):
        times = [island.clocks[host](shown(true, by_host[host])) for host in HOSTS]
        assert max(times) - min(times) <= island.uncertainty < MILLISECOND


def test_captures_in_a_row_are_joined_by_the_one_between() -> None:
    clocks = {"a": (0, 0.0), "b": (7 * SECOND, 30e-6), "c": (-2 * SECOND, -20e-6)}
    seen = captured({one: clocks[one] for one in "ab"}, 1)
    more = captured({one: clocks[one] for one in "bc"}, 2)
    for identity, known in more["b"]._seen.items():
        assert known is not None
        seen["b"].see(packet(known.time, identity + 10**6, known.src, known.dst))
    seen["c"] = Sightings()
    for identity, known in more["c"]._seen.items():
        assert known is not None
        seen["c"].see(packet(known.time, identity + 10**6, known.src, known.dst))
    (island,) = islands(seen)
    assert island.reference == "b"
    times = [island.clocks[one](shown(START + SECOND, clocks[one])) for one in "abc"]
    assert max(times) - min(times) <= island.uncertainty < MILLISECOND


def test_captures_that_share_nothing_are_left_as_they_are() -> None:
    seen = captured({"a": (0, 0.0), "b": (SECOND, 0.0)}, 1) | {"c": Sightings()}
    seen["c"].see(packet(START, 10**9, "x", "y"))
    joined, alone = islands(seen)
    assert joined.clocks.keys() == {"a", "b"}
    assert dict(alone.clocks) == {"c": Clock()}
    assert alone.clocks["c"](START) == START


def test_no_captures_no_islands() -> None:
    assert islands({}) == []
