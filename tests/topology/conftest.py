from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from harness.topology.loader import load
from harness.topology.location import Location
from harness.topology.model import Topology

Alter = Callable[[Mapping[Location, object]], Topology]
TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"
T036 = TOPOLOGIES / "t036.yaml"


@pytest.fixture(scope="session")
def t036() -> Topology:
    return load(T036)


@pytest.fixture(scope="session")
def photoncloud() -> Topology:
    return load(TOPOLOGIES / "photoncloud.yaml")


@pytest.fixture(scope="session")
def three_sites() -> Topology:
    return load(TOPOLOGIES / "three-sites.yaml")


@pytest.fixture(scope="session")
def alter(t036: Topology) -> Alter:
    """Return a function from values by location to T036 with these values; ``...`` leaves the key out."""
    return _altering(t036)


@pytest.fixture(scope="session")
def alter_photoncloud(photoncloud: Topology) -> Alter:
    return _altering(photoncloud)


@pytest.fixture(scope="session")
def alter_three_sites(three_sites: Topology) -> Alter:
    return _altering(three_sites)


def _altering(topology: Topology) -> Alter:
    plain = topology.model_dump(mode="json")

    def altered(changes: Mapping[Location, object]) -> Topology:
        data: Any = deepcopy(plain)
        for (*way, last), value in changes.items():
            place = data
            for step in way:
                place = place[step]
            if value is ...:
                del place[last]
            else:
                place[last] = value
        return Topology.model_validate(_frozen(data))

    return altered


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
