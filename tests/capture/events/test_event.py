from __future__ import annotations

from dataclasses import FrozenInstanceError
from ipaddress import IPv4Address

import pytest

from harness.capture import events as ev
from harness.capture.events import Endpoint, Origin
from harness.capture.frames import Frame
from tests.capture import build
from tests.capture.make import Wire


def test_an_origin_is_that_of_its_frame() -> None:
    frame = Frame(7, 5, "segment", build.ethernet(b"payload"), 60)
    macs = (build.CLIENT_MAC, build.SERVER_MAC)
    assert Origin.of(frame) == Origin(5, "segment", 7, *macs, (), *macs)
    assert Origin.of(frame._replace(data=b"")) == Origin(5, "segment", 7, "", "")


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


def test_an_event_can_not_be_changed() -> None:
    (event,) = Wire().dhcp(ev.DhcpDiscover).events
    with pytest.raises(FrozenInstanceError):
        event.time = 0  # type: ignore[misc]


def test_an_event_has_no_other_names_unless_its_protocol_has() -> None:
    (event,) = Wire().add(ev.Undecodable, expected="x", reason="y").events
    assert event.standard() == {}
    assert event.tunnels == ()
