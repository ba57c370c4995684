from __future__ import annotations

import pytest

from harness.network.relay import Counters, Port

MINE = bytes.fromhex("0200c0a86401")


@pytest.mark.parametrize(
    "destination, wanted",
    [
        ("0200c0a86401", True),
        ("ffffffffffff", True),  # broadcast
        ("01005e000001", True),  # IPv4 multicast
        ("333300000001", True),  # IPv6 multicast
        ("525400000101", False),
        ("02", False),  # a runt
    ],
)
def test_a_port_wants_what_its_network_card_would_take(destination: str, *, wanted: bool) -> None:
    assert Port(0, MINE).wants(bytes.fromhex(destination)) is wanted


def test_what_was_lost_anywhere_counts() -> None:
    assert Counters(received=100, sent=50).lost == 0
    assert Counters(unsendable=1, undeliverable=2, dropped=4).lost == 7
