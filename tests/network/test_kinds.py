"""A topology of three sites, laid out for real on each kind that guests are not needed for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import HarnessBug
from harness.network import kinds
from harness.network.multicast import MulticastNetwork
from harness.network.protocol import Network
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace
from harness.topology.impairment import Impairment
from harness.topology.loader import load
from harness.units import milliseconds

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"

pytestmark = pytest.mark.kernel


@pytest.fixture(params=["switch", "multicast"])
def network(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Network]:
    with NetworkNamespace.create() as home:
        made = kinds.create(request.param, load(TOPOLOGIES / "three-sites.yaml"), tmp_path, home)
        made.start()
        yield made
        made.stop()


def test_every_cable_is_there_in_the_conditions_of_the_file(network: Network) -> None:
    topology = load(TOPOLOGIES / "three-sites.yaml")
    kinds.lay_out(network, topology)
    assert len(network.links) == 9 * 2 + 3
    for direction in ("up", "down"):
        assert network.links["a--b"].impairment(direction) == Impairment(delay=2 * milliseconds, rate=10**10)
        assert network.links["node01/eth0"].impairment(direction).is_nothing()


def test_the_kinds_have_names(tmp_path: Path) -> None:
    topology = load(TOPOLOGIES / "t036.yaml")
    with NetworkNamespace.create() as home:
        assert type(kinds.create("auto", topology, tmp_path, home)) is SwitchNetwork
        assert type(kinds.create("multicast", topology, tmp_path, home)) is MulticastNetwork
        with pytest.raises(HarnessBug, match="'token-ring'"):
            kinds.create("token-ring", topology, tmp_path, home)
