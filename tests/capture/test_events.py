from __future__ import annotations

from dataclasses import FrozenInstanceError
from ipaddress import IPv4Address

import pytest

from harness.capture import events as ev
from harness.capture.events import Endpoint, Origin
from harness.capture.frames import Frame
from tests.capture import build
from tests.capture.make import FIRMWARE, IPXE, Fields, Wire


def test_an_origin_is_that_of_its_frame() -> None:
    frame = Frame(7, 5, "segment", build.ethernet(b"payload"), 60)
    assert Origin.of(frame) == (5, "segment", 7, build.CLIENT_MAC, build.SERVER_MAC)
    assert Origin.of(frame._replace(data=b"")) == (5, "segment", 7, "", "")


def test_an_endpoint_is_written_as_people_write_it() -> None:
    assert str(Endpoint(IPv4Address("10.0.0.1"), 80)) == "10.0.0.1:80"


@pytest.mark.parametrize(
    "kind, name",
    [
        (ev.DhcpDiscover, "dhcp-discover"),
        (ev.RaftPreVoteResponse, "raft-pre-vote-response"),
        (ev.Undecodable, "undecodable"),
    ],
)
def test_a_kind_has_the_name_of_its_class(kind: type[ev.Event], name: str) -> None:
    assert kind.kind == name


@pytest.mark.parametrize("says, pxe, ipxe", [(FIRMWARE, True, False), (IPXE, True, True), ({}, False, False)])
def test_a_client_says_what_it_is(says: Fields, pxe: bool, ipxe: bool) -> None:  # noqa: FBT001 - from parametrize
    (event,) = Wire().dhcp(ev.DhcpDiscover, **says).events
    assert isinstance(event, ev.DhcpDiscover)
    assert (event.from_pxe, event.from_ipxe) == (pxe, ipxe)


def test_a_node_that_declares_itself_dead_leaves() -> None:
    origin = Origin(1, "segment", 1, "", "")
    assert ev.GossipDead(*origin, 2381, "a", 1, "a").left
    assert not ev.GossipDead(*origin, 2381, "a", 1, "b").left


def test_an_event_can_not_be_changed() -> None:
    (event,) = Wire().dhcp(ev.DhcpDiscover).events
    with pytest.raises(FrozenInstanceError):
        event.time = 0  # type: ignore[misc]
