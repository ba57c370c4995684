from __future__ import annotations

from copy import copy
from typing import Any, get_origin

import pytest
from pydantic import create_model

from harness.topology.fields import _bare, _field, expectation, keys, optional, stand_in
from harness.topology.location import Location
from harness.topology.model import Topology


def every_location(location: Location = ()) -> list[Location]:
    inner = [(*location, key) for key in keys(Topology, location)]
    if get_origin(_bare(_field(Topology, location)).annotation) is tuple:
        inner.append((*location, 0))
    return [location, *(deeper for place in inner for deeper in every_location(place))]


@pytest.mark.parametrize("location", every_location(), ids=str)
def test_every_place_of_the_model_says_what_it_expects(location: Location) -> None:
    assert len(expectation(Topology, location)) > len("ext")


def test_the_stand_in_is_right() -> None:
    raw: Any = stand_in(Topology, ())
    Topology.model_validate(raw)


@pytest.mark.parametrize("location", every_location()[1:], ids=str)
def test_every_stand_in_is_right_at_its_place(location: Location) -> None:
    field = copy(_field(Topology, location))
    field.alias = field.validation_alias = field.serialization_alias = None

    alone: Any = field.annotation
    model = create_model("Alone", __config__=Topology.model_config, value=(alone, field))
    model.model_validate({"value": stand_in(Topology, location)})


@pytest.mark.parametrize(
    "location,text",
    [
        (("stack", "raft"), "a mapping with the keys heartbeat, election_timeout, peer_tls"),
        (("flows", 0), "a mapping with the keys from, to, ports"),
        (("machines", 0, "role"), "control-plane, worker, storage, hypervisor or service"),
        (("machines", 0, "nics", 0, "mac"), "a unicast MAC address such as 52:54:00:12:34:56"),
        (("vlans", 0, "gateway"), "an IPv4 address such as 192.168.100.11"),
        (("stack", "raft", "peer_tls"), "true or false"),
        (("boot_server",), "a mapping with the keys name, vlan, address, switch"),
    ],
)
def test_expectations(location: Location, text: str) -> None:
    assert expectation(Topology, location) == text


def test_keys_and_which_may_be_left_out() -> None:
    assert keys(Topology, ("machines", 0, "bmc")) == ("vlan", "address")
    assert keys(Topology, ("flows", 0)) == ("from", "to", "ports")
    assert keys(Topology, ("machines", 0, "name")) == ()
    assert optional(Topology, ("machines", 0, "role"))
    assert not optional(Topology, ("machines", 0, "nics"))
