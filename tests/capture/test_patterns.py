from __future__ import annotations

from datetime import timedelta

import pytest

from harness.capture import events as ev
from harness.capture.patterns import Like, in_order
from tests.capture.build import CLIENT_MAC
from tests.capture.make import Wire, uefi


def test_a_kind_with_conditions_fits_by_value_by_condition_and_by_property() -> None:
    wire = Wire().http("/boot.ipxe", status=404).lease(1, user_class=("iPXE",))
    assert [event.frame for event in wire.events if Like(ev.HttpResponse, status=404)(event)] == [2]
    assert [event.frame for event in wire.events if Like(ev.HttpEvent, target=lambda text: text > "/a")(event)] == [
        1,
        2,
        3,
    ]
    assert [event.frame for event in wire.events if Like(ev.DhcpRequest, from_ipxe=True)(event)] == [6]
    assert [event.frame for event in wire.events if Like(ev.TftpRequest)(event)] == []


def test_a_field_that_does_not_exist_is_refused_at_once() -> None:
    with pytest.raises(
        TypeError, match="DhcpOffer has no field 'mac': it has address, architectures, boot_file, broadcast, client"
    ):
        Like(ev.DhcpOffer, mac=CLIENT_MAC)


def test_events_in_order_are_found() -> None:
    found = in_order(uefi().events, [ev.DhcpDiscover, ev.TftpComplete, Like(ev.HttpRequest, target="/vmlinuz")])
    assert found
    assert [event.frame for event in found.found] == [1, 6, 14]
    assert found.missing is None


def test_the_first_that_is_missing_is_named() -> None:
    found = in_order(uefi().events, [ev.TftpComplete, Like(ev.HttpRequest, target="/none"), ev.DhcpNak])
    assert not found
    assert str(found).splitlines()[-1] == "missing after that: HttpRequest(target='/none')"
    assert str(in_order([], [ev.DhcpNak])) == "missing after that: DhcpNak"


def test_an_event_is_not_counted_twice() -> None:
    wire = Wire().http("/a")
    assert not in_order(wire.events, [ev.HttpRequest, ev.HttpRequest])
    assert in_order(wire.http("/b").events, [ev.HttpRequest, ev.HttpRequest])


def test_a_bound_of_time_is_tried_from_each_start() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover, 1).http("/a").dhcp(ev.DhcpDiscover, 2).dhcp(ev.DhcpOffer, 2)
    patterns = [ev.DhcpDiscover, ev.DhcpOffer]
    found = in_order(wire.events, patterns, within=timedelta(seconds=1))
    assert [event.frame for event in found.found] == [5, 6]
    assert not in_order(wire.events, patterns, within=timedelta(milliseconds=999))
    assert not in_order([], patterns, within=timedelta(seconds=1))


def test_no_patterns_are_always_in_order() -> None:
    assert in_order([], [])
    assert in_order([], [], within=timedelta(seconds=1))
