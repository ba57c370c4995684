from __future__ import annotations

from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.incident.replay.comparison import Difference
from harness.incident.replay.excuses import LEASE, OTHER_ADDRESS, OWN_ADDRESS, RENEWAL, Moved, excused, in_text

if TYPE_CHECKING:
    from harness.capture.protocols.dhcp_fields import Value

THERE, HERE = IPv4Address("10.0.0.1"), IPv4Address("192.168.7.1")


def moved() -> Moved:
    found = Moved()
    found.servers[THERE] = HERE
    found.clients[IPv4Address("10.0.0.5")] = IPv4Address("192.168.7.5")
    found.others[IPv4Address("10.0.0.8")] = IPv4Address("192.168.7.8")
    return found


def excuse(
    field: str, recorded: Value | None, now: Value | None, *, renewal: bool = False, stand_in: bool = False
) -> str:
    (one,) = excused([Difference(field, recorded, now)], moved(), renewal=renewal, stand_in=stand_in)
    return one.excuse


@pytest.mark.parametrize(
    "recorded,now",
    [
        (THERE, HERE),
        ("http://10.0.0.1/boot.ipxe", "http://192.168.7.1/boot.ipxe"),
        ((THERE,), (HERE,)),
        ({"boot servers": (THERE,)}, {"boot servers": (HERE,)}),
        (b"kernel http://10.0.0.1/x", b"kernel http://192.168.7.1/x"),
    ],
)
def test_the_server_s_own_address_is_excused_wherever_it_stands(recorded: Value, now: Value) -> None:
    assert excuse("any", recorded, now) == OWN_ADDRESS


def test_another_server_than_its_own_is_a_difference() -> None:
    assert excuse("siaddr", IPv4Address("10.0.0.8"), IPv4Address("192.168.7.8")) == ""
    assert excuse("siaddr", THERE, IPv4Address("192.168.7.2")) == ""
    assert excuse("url", "http://10.0.0.11/x", "http://192.168.7.11/x") == ""


def test_another_leased_address_is_a_difference_and_what_follows_from_it_is_none() -> None:
    there, here = IPv4Address("10.0.0.5"), IPv4Address("192.168.7.5")
    assert excuse("yiaddr", there, here) == ""
    assert excuse("ciaddr", there, here) == OTHER_ADDRESS


def test_a_lease_s_time_is_excused_where_it_was_renewed() -> None:
    assert excuse(LEASE, 3600, 1800) == ""
    assert excuse(LEASE, 3600, 1800, renewal=True) != ""
    assert excuse(RENEWAL, 1800, 1799) != ""
    assert excuse(RENEWAL, 1800, None) == ""


def test_a_file_that_stands_in_has_another_size_and_nothing_else() -> None:
    assert excuse("content-length", "9", "1", stand_in=True) != ""
    assert excuse("content-length", "9", "1") == ""
    assert excuse("status", 200, 404, stand_in=True) == ""


def test_addresses_are_told_apart_in_text() -> None:
    assert in_text("10.0.0.1 10.0.0.11 110.0.0.1 10.0.0.1.2 (10.0.0.1)", {THERE: HERE}) == (
        "192.168.7.1 10.0.0.11 110.0.0.1 10.0.0.1.2 (192.168.7.1)"
    )


def test_what_did_not_move_stays() -> None:
    assert moved().address(THERE) == HERE
    assert moved().address(IPv4Address("10.0.0.8")) == IPv4Address("192.168.7.8")
    assert moved().address(IPv4Address("1.1.1.1")) == IPv4Address("1.1.1.1")
