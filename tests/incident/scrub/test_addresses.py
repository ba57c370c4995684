from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.incident.scrub.addresses import Addresses
from tests.incident.scrub.tools import key


def of(originals: list[str], networks: list[str] | None = None, shown: list[str] | None = None) -> Addresses:
    found = Addresses(key())
    for one in originals:
        found.v4(IPv4Address(one).packed)
    for network in networks or ():
        found.network(IPv4Network(network))
    for one in shown or ():
        found.shown(one)
    found.prepare()
    return found


def v4(addresses: Addresses, one: str) -> IPv4Address:
    return IPv4Address(addresses.v4(IPv4Address(one).packed))


def v6(addresses: Addresses, one: str) -> IPv6Address:
    return IPv6Address(addresses.v6(IPv6Address(one).packed))


def mac(addresses: Addresses, one: str) -> str:
    return addresses.mac(bytes.fromhex(one.replace(":", ""))).hex(":")


def common(one: IPv4Address, other: IPv4Address, most: int) -> int:
    return min(32 - (int(one) ^ int(other)).bit_length(), most)


some = st.lists(
    st.sampled_from(["10.0.{}.{}", "10.{}.0.{}", "172.16.{}.{}", "192.168.{}.{}"]).flatmap(
        lambda form: st.tuples(st.integers(0, 20), st.integers(0, 255)).map(lambda pair: form.format(*pair))
    ),
    min_size=1,
    max_size=12,
    unique=True,
)


@given(some)
def test_networks_are_others_and_share_as_long_a_prefix(originals: list[str]) -> None:
    found = of(originals)
    images = {one: v4(found, one) for one in originals}
    assert len(set(images.values())) == len(originals)
    assert {str(one) for one in images.values()}.isdisjoint(originals)
    assert all(one.is_private for one in images.values())
    for one in originals:
        assert int(images[one]) & 0xFF == int(IPv4Address(one)) & 0xFF
        for other in originals:
            before = common(IPv4Address(one), IPv4Address(other), 24)
            assert common(images[one], images[other], 24) == before


def test_a_network_of_known_length_keeps_its_hosts() -> None:
    found = of(["10.3.4.5", "10.3.7.255", "10.3.6.1"], ["10.3.4.0/22"])
    images = [int(v4(found, one)) for one in ("10.3.4.0", "10.3.4.5", "10.3.7.255", "10.3.6.1")]
    assert [one - images[0] for one in images] == [0, 5, 0x3FF, 0x201]
    assert images[0] % 1024 == 0


@given(some, st.lists(st.tuples(some.map(lambda every: every[0]), st.integers(8, 30)), max_size=4))
def test_no_two_become_one_whatever_networks_are_known(originals: list[str], known: list[tuple[str, int]]) -> None:
    networks = [str(IPv4Network(f"{one}/{length}", strict=False)) for one, length in known]
    found = of(originals, networks)
    assert len({v4(found, one) for one in originals}) == len(originals)


@pytest.mark.parametrize("one", ["0.0.0.1", "255.255.255.255", "224.0.0.18", "239.1.2.3", "127.0.0.1"])
def test_what_is_nobody_s_address_stays(one: str) -> None:
    assert str(v4(of([one, "10.0.0.1"]), one)) == one


@pytest.mark.parametrize("one", ["8.8.8.8", "81.2.3.7", "172.217.4.4", "169.254.3.3", "100.64.1.1"])
def test_public_and_special_addresses_are_replaced_among_their_own(one: str) -> None:
    image = v4(of([one]), one)
    assert str(image) != one
    assert image.is_private == IPv4Address(one).is_private
    assert image.is_link_local == IPv4Address(one).is_link_local


def test_where_there_is_no_room_for_a_longer_one_none_is_longer() -> None:
    shown = ["10.0.0.1", "192.168.1.1", "10.0.3.7"]
    found = of(shown, shown=shown)
    assert all(len(str(v4(found, one))) <= len(one) for one in shown)


def test_before_it_is_prepared_everything_stands_for_itself() -> None:
    found = Addresses(key())
    assert (str(v4(found, "10.0.0.1")), mac(found, "52:54:00:00:01:01")) == ("10.0.0.1", "52:54:00:00:01:01")


def test_another_manufacturer_and_the_same_card() -> None:
    found = of([])
    image = mac(found, "52:54:00:00:01:01")
    assert image.endswith(":00:01:01")
    assert int(image[:2], 16) & 3 == 2, "administered locally, and of one card"
    assert image[:8] != "52:54:00"
    assert mac(found, "52:54:00:aa:bb:cc")[:8] == image[:8]


def test_a_card_that_is_called_after_its_ipv4_address_follows_it_with_its_groups() -> None:
    found = Addresses(key())
    mac(found, "02:42:c0:a8:64:01")
    v4(found, "192.168.100.1")
    found.prepare()
    image = v4(found, "192.168.100.1").packed
    assert mac(found, "02:42:c0:a8:64:01").endswith(image.hex(":"))
    assert mac(found, "33:33:ff:a8:64:01") == f"33:33:ff:{image[1:].hex(':')}"
    assert v6(found, "ff02::1:ffa8:6401").packed[13:] == v6(found, "fe80::42:c0ff:fea8:6401").packed[13:] == image[1:]
    assert mac(found, "02:42:0a:a8:64:01").endswith(":a8:64:01"), "nobody has the address 10.168.100.1"


@pytest.mark.parametrize(
    "one", ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:12", "33:33:ff:00:01:01", "00:00:00:00:00:00", "00:00:5e:00:01:33"]
)
def test_groups_and_virtual_routers_stay(one: str) -> None:
    assert mac(of([]), one) == one


def test_ipv6_follows_the_mac_address_and_its_groups() -> None:
    found = of([])
    manufacturer = mac(found, "52:54:00:00:01:01")
    first = int(manufacturer[:2], 16) ^ 2
    rest = manufacturer.replace(":", "")
    assert v6(found, "fe80::5054:ff:fe00:101") == IPv6Address(f"fe80::{first:02x}{rest[2:4]}:{rest[4:6]}ff:fe00:101")
    assert str(v6(found, "ff02::1:ff00:101")) == "ff02::1:ff00:101"
    assert [str(v6(found, one)) for one in ("::", "::1", "ff02::fb", "fe80::1")] == ["::", "::1", "ff02::fb", "fe80::1"]


def test_an_ipv6_network_stays_one() -> None:
    found = of(["10.0.0.1"])
    one, other, third = (v6(found, f"2001:db8:7:{subnet}::{host}") for subnet, host in ((1, 1), (1, 2), (2, 1)))
    assert one.packed[:8] == other.packed[:8] != third.packed[:8]
    assert one.packed[:6] == third.packed[:6] != IPv6Address("2001:db8:7::").packed[:6]
    assert v6(found, "::ffff:10.0.0.1").packed[12:] == found.v4(IPv4Address("10.0.0.1").packed)


def test_the_originals_are_those_that_something_stands_for() -> None:
    found = of(["10.0.0.1"])
    v4(found, "10.0.0.1")
    v4(found, "127.0.0.1")
    assert found.originals == ([IPv4Address("10.0.0.1").packed], [], [])


def test_too_many_networks_are_told() -> None:
    with pytest.raises(ValueError, match="256 networks are too many"):
        of([f"192.168.{third}.1" for third in range(256)])
