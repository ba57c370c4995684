from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from harness.network import transit
from harness.network.ports import Access
from harness.network.switch.device import Tap
from harness.network.transit import Interface, Transit, percentile, transits
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.stalls import Stall

MS = 1_000_000


@pytest.mark.parametrize(
    "stalls,late",
    [
        ([], 4.0),
        ([Stall(24 * MS, 27 * MS)], 1.0),
        ([Stall(0, 30 * MS)], 0.0),
        ([Stall(2 * MS, 3 * MS)], 3.0),
        ([Stall(10 * MS, 15 * MS)], 4.0),
    ],
    ids=["none", "on arrival", "all the time", "when it set out", "while it travelled"],
)
def test_what_the_host_stalled_is_no_lateness(stalls: list[Stall], late: float) -> None:
    assert Transit(1 * MS, 27 * MS).took == 26
    assert Transit(1 * MS, 27 * MS).late(22.0, stalls) == pytest.approx(late)


def test_what_is_early_is_early_whatever_stalls() -> None:
    assert Transit(0, 20 * MS).late(22.0, [Stall(0, 30 * MS)]) == -2.0


def test_a_percentile_is_one_of_the_values() -> None:
    assert percentile([5.0], 99) == 5.0
    assert percentile(list(range(101)), 99) == 99
    assert percentile([3.0, 1.0, 2.0], 50) == 2.0


@contextmanager
def card(number: int) -> Iterator[tuple[Interface, Tap]]:
    with NetworkNamespace.create() as place:
        mac = f"52:54:00:00:00:{number:02x}"
        (plug,) = make_cards(place, {"eth0": Card("eth0", mac, Access(1))})
        yield Interface(place, "eth0", bytes.fromhex(mac.replace(":", ""))), Tap(plug.descriptors[0])


@pytest.mark.kernel
def test_frames_that_went_nowhere_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transit, "SPARE", 0.1)
    with card(1) as (one, _), card(2) as (two, _):
        assert transits(one, two, 3) == []
