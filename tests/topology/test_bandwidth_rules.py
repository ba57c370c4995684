from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.topology.bandwidth_rules import bandwidth_findings
from harness.topology.location import Location, render
from harness.topology.model import Topology

ETH1: Location = ("machines", 0, "nics", 1)
WORKER: Location = ("machines", 3)


def found(topology: Topology) -> list[tuple[str, str]]:
    return [(render(topology, one.location), one.message) for one in bandwidth_findings(topology)]


def test_what_is_corrected_adds_up(photoncloud: Topology) -> None:
    assert found(photoncloud) == []


@pytest.mark.parametrize(
    "changes,location,message",
    [
        (
            {(*ETH1, "speed"): "24 Gbps"},
            "machines[node01].nics[eth1].speed",
            "25 Gbps are reserved on a card of 24 Gbps",
        ),
        (
            {(*ETH1, "tagged", 0, "shares", 1, "rate"): "2 Gbps"},
            "machines[node01].nics[eth1].tagged[0].reserved",
            "shares of 16 Gbps in a reservation of 15 Gbps",
        ),
        (
            {(*ETH1, "tagged", 0, "reserved"): None},
            "machines[node01].nics[eth1].tagged[0].reserved",
            "shares of 15 Gbps in a reservation of 0 bps",
        ),
        (
            {(*WORKER, "nics", 2, "reserved"): "25001 Mbps"},
            "machines[node04].nics[eth2].speed",
            "25001 Mbps are reserved on a card of 25 Gbps",
        ),
        (
            {(*WORKER, "bandwidth", "total"): "100 Gbps"},
            "machines[node04].bandwidth.total",
            "100 Gbps in all, but the cards have 25 Gbps + 25 Gbps",
        ),
        (
            {(*WORKER, "bandwidth", "cards"): ["eth1", "eth9"]},
            "machines[node04].bandwidth.cards[1]",
            "no card is called 'eth9'",
        ),
    ],
)
def test_one_wrong_value_is_one_finding(
    changes: dict[Location, object], location: str, message: str, alter_photoncloud: Callable[..., Topology]
) -> None:
    assert found(alter_photoncloud(changes)) == [(location, message)]


def test_of_a_card_without_a_speed_nothing_is_known(alter_photoncloud: Callable[..., Topology]) -> None:
    changes: dict[Location, object] = {(*WORKER, "nics", 1, "speed"): None, (*WORKER, "bandwidth", "total"): "1 Gbps"}
    assert found(alter_photoncloud(changes)) == []
