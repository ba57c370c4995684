from __future__ import annotations

from pathlib import Path

import pytest

from harness.incident.files.folder import Source
from harness.incident.files.reels import GAP, Reel, reels

SECOND = 10**9


def joined(**spans: tuple[float, float] | None) -> list[tuple[str, int]]:
    """Return the name of each capture that files with these times make up, and of how many it is."""
    times = {name.replace("__", "/"): span for name, span in spans.items()}
    found = reels([Source(Path(name), name) for name in sorted(times)], lambda one: nanoseconds(times[one.name]))
    return [(reel.name, len(reel.parts)) for reel in found]


def nanoseconds(span: tuple[float, float] | None) -> tuple[int, int] | None:
    return None if span is None else (round(span[0] * SECOND), round(span[1] * SECOND))


@pytest.mark.parametrize(
    "names, whole",
    [
        (("a-eth1-095500.pcap", "a-eth1-100500.pcap"), "a-eth1-*.pcap"),
        (("cap.pcap", "cap.pcap1"), "cap.pcap*"),
        (("a_00001_20261121095500.pcapng", "a_00002_20261121100500.pcapng"), "a_*.pcapng"),
        (("a.2026-11-21T09:55:00Z.pcap.gz", "a.2026-11-21T10:05:00Z.pcap.gz"), "a.2026-11-21T*:00Z.pcap.gz"),
    ],
)
def test_files_that_follow_each_other_are_one_capture(names: tuple[str, str], whole: str) -> None:
    assert joined(**{names[1]: (600.01, 1200), names[0]: (0, 600)}) == [(whole, 2)]


def test_the_order_is_that_of_times_and_not_of_names() -> None:
    times = {"r2": (0, SECOND), "r0": (SECOND, 2 * SECOND), "r1": (2 * SECOND, 3 * SECOND)}
    (reel,) = reels([Source(Path(name), name) for name in times], lambda one: times[one.name])
    assert reel == Reel("r*", tuple(Source(Path(name), name) for name in ("r2", "r0", "r1")))


@pytest.mark.parametrize(
    "spans",
    [
        {"eth1.pcap": (0, 600), "eth2.pcap": (0.1, 600)},
        {"eth1.pcap": (0, 600), "eth2.pcap": (0, 600)},
        {"a-1.pcap": (0, 600), "a-2.pcap": (600 + 2 * GAP / SECOND, 1200)},
        {"a-1.pcap": (0, 600), "b-2.pcap": (600, 1200)},
        {"n1__a-1.pcap": (0, 600), "n2__a-2.pcap": (600, 1200)},
        {"a-1.pcap": (0, 600), "a-2.pcap": None},
    ],
)
def test_others_are_captures_of_their_own(spans: dict[str, tuple[float, float] | None]) -> None:
    assert joined(**spans) == [(name.replace("__", "/"), 1) for name in sorted(spans)]


def test_two_cards_of_one_machine_stay_apart() -> None:
    files = {f"n-eth{card}-{at}.pcap": (at + card / 10, at + 600) for card in (1, 2) for at in (0, 600, 1200)}
    assert joined(**files) == [("n-eth1-*.pcap", 3), ("n-eth2-*.pcap", 3)]
