from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from pydantic.fields import FieldInfo

from harness.topology import scalars
from harness.topology.scalars import (
    SIZES,
    MulticastEndpoint,
    format_exactly,
    format_size,
    parse_address,
    parse_device,
    parse_domain,
    parse_duration,
    parse_endpoint,
    parse_interface_name,
    parse_mac,
    parse_name,
    parse_path,
    parse_size,
    parse_subnet,
)
from harness.units import GiB, KiB, MiB, milliseconds, minutes, seconds

PARSERS = [
    parse_address,
    parse_device,
    parse_domain,
    parse_duration,
    parse_endpoint,
    parse_interface_name,
    parse_mac,
    parse_name,
    parse_path,
    parse_size,
    parse_subnet,
]
TYPES = [
    scalars.Address,
    scalars.DevicePath,
    scalars.Domain,
    scalars.Duration,
    scalars.Endpoint,
    scalars.InterfaceName,
    scalars.MacAddress,
    scalars.MountPoint,
    scalars.Name,
    scalars.Size,
    scalars.Subnet,
]
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.lists(st.text())

labels = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?", fullmatch=True)


@pytest.mark.parametrize("parse", PARSERS)
@given(value=ANYTHING)
def test_a_parser_raises_value_error_and_nothing_else(parse: Callable[[object], object], value: object) -> None:
    reason = "fine"
    try:
        parse(value)
    except ValueError as error:
        reason = str(error)
    assert reason
    assert "\n" not in reason


@pytest.mark.parametrize("kind", TYPES)
def test_each_type_says_what_it_expects_with_an_example_that_is_right(kind: type[object]) -> None:
    described = next(part for part in get_args(kind) if isinstance(part, FieldInfo))
    assert described.description
    assert described.examples
    TypeAdapter(kind).validate_python(described.examples[0])


@given(st.integers(min_value=0, max_value=1 << 60))
def test_a_size_survives_the_way_to_text_and_back(size: int) -> None:
    assert parse_size(format_size(size)) == size


@pytest.mark.parametrize(
    "text,size",
    [("80 GiB", 80 * GiB), ("512MiB", 512 * MiB), ("1.5 KiB", 1536), ("0 B", 0), ("2 TiB", 2048 * GiB)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("size,text", [(80 * GiB, "80 GiB"), (1536, "1536 B"), (3 * KiB, "3 KiB"), (0, "0 B")])
def test_a_size_is_written_in_the_largest_unit_that_keeps_it_whole(size: int, text: str) -> None:
    assert format_size(size) == text


@pytest.mark.parametrize(
    "text", ["80", "80 GB", "80 gib", "-1 GiB", "1e3 GiB", "GiB", "", "80 GiB\n", "٣ GiB", "0.3 B"]
)
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        parse_size(text)


@given(st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=365)))
def test_a_duration_survives_the_way_to_text_and_back(duration: timedelta) -> None:
    assert parse_duration(format_exactly(duration)) == duration


@pytest.mark.parametrize(
    "text,duration",
    [("100 ms", 100 * milliseconds), ("0.1 s", 100 * milliseconds), ("1.5min", 90 * seconds), ("2 min", 2 * minutes)],
)
def test_durations(text: str, duration: timedelta) -> None:
    assert parse_duration(text) == duration


@pytest.mark.parametrize("text", ["100", "100 us", "-5 s", "1 h", "9999999999999999999 min", "0.0001 ms"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no |is too long"):
        parse_duration(text)


@given(st.binary(min_size=6, max_size=6).map(lambda octets: bytes([octets[0] & 0xFE]) + octets[1:]))
def test_a_mac_address_is_read_in_either_case_and_kept_in_lower_case(octets: bytes) -> None:
    text = octets.hex(":")
    assert parse_mac(text.upper()) == parse_mac(text) == text


@pytest.mark.parametrize(
    "text", ["52:54:00:00:01", "52-54-00-00-01-01", "52:54:00:00:01:0g", "52:54:00:00:01:01\n", ""]
)
def test_what_is_no_mac_address(text: str) -> None:
    with pytest.raises(ValueError, match="is no MAC address"):
        parse_mac(text)


@pytest.mark.parametrize("text", ["01:00:5e:00:00:01", "ff:ff:ff:ff:ff:ff", "33:33:00:00:00:01"])
def test_a_network_card_has_no_group_address(text: str) -> None:
    with pytest.raises(ValueError, match="group address"):
        parse_mac(text)


@given(st.ip_addresses(v=4))
def test_an_address_survives_the_way_to_text_and_back(address: IPv4Address) -> None:
    assert parse_address(str(address)) == parse_address(address) == address


@given(st.ip_addresses(v=4, network="224.0.0.0/4"), st.integers(1, 65535))
def test_an_endpoint_survives_the_way_to_text_and_back(group: IPv4Address, port: int) -> None:
    endpoint = MulticastEndpoint(group, port)
    assert parse_endpoint(str(endpoint)) == parse_endpoint(endpoint) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "192.168.0.1:1234",
        "230.0.0.1",
        "230.0.0.1:",
        "230.0.0.1:0",
        "230.0.0.1:65536",
        "230.0.0.1:+1",
        ":1",
        "[ff02::1]:1",
    ],
)
def test_what_is_no_endpoint(text: str) -> None:
    with pytest.raises(ValueError, match="is no "):
        parse_endpoint(text)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"), st.integers(8, 30))
def test_a_subnet_survives_the_way_to_text_and_back(address: IPv4Address, prefix: int) -> None:
    subnet = IPv4Network((address, prefix), strict=False)
    assert parse_subnet(str(subnet)) == parse_subnet(subnet) == subnet


@pytest.mark.parametrize(
    "text,reason",
    [
        ("10.0.300.0/24", "octet 300"),  # as the documents have it, twice
        ("10.0.1.5/24", "host bits"),
        ("10.0.1.0", "is no IPv4 network"),
        ("10.0.1.0/255.255.255.0", "is no IPv4 network"),
        ("10.0.1.0/33", "is no IPv4 network"),
        ("10.0.1.0/31", "no network for hosts"),
        ("0.0.0.0/0", "no network for hosts"),
        ("127.0.0.0/8", "no network for hosts"),
        ("230.0.0.0/24", "no network for hosts"),
        ("2001:db8::/64", "is no IPv4 network"),
    ],
)
def test_what_is_no_subnet(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_subnet(text)


def test_a_network_that_python_made_is_held_to_the_same_rules() -> None:
    with pytest.raises(ValueError, match="no network for hosts"):
        parse_subnet(IPv4Network("10.0.0.1/32"))
    assert parse_address(IPv4Address("10.0.0.1")) == IPv4Address("10.0.0.1")


@given(labels)
def test_host_name_labels_are_names(label: str) -> None:
    assert parse_name(label) == label


@pytest.mark.parametrize("text", ["", "Node01", "node_1", "-a", "a-", "a" * 64, "node01\n", "nöde", "a.b"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(ValueError, match="is no name"):
        parse_name(text)


def test_linux_has_room_for_15_characters_of_an_interface_name() -> None:
    assert parse_interface_name("a" * 15)
    with pytest.raises(ValueError, match="too long"):
        parse_interface_name("a" * 16)


@pytest.mark.parametrize("name", ["lo", "all", "default"])
def test_no_card_has_a_name_that_linux_keeps_for_itself(name: str) -> None:
    with pytest.raises(ValueError, match=f"'{name}' is a name that Linux gives no card"):
        parse_interface_name(name)


@pytest.mark.parametrize("text", ["plasma.local", "local", "a.b.c.d"])
def test_domains(text: str) -> None:
    assert parse_domain(text) == text


@pytest.mark.parametrize("text", ["", ".local", "plasma.", "a..b", "Plasma.local", ".".join(["a" * 60] * 4)])
def test_what_is_no_domain(text: str) -> None:
    with pytest.raises(ValueError, match=r"no domain|no room"):
        parse_domain(text)


@pytest.mark.parametrize("text", ["/", "/var/lib", "/a.b/c_d-e", "/..."])
def test_paths(text: str) -> None:
    assert parse_path(text) == text


@pytest.mark.parametrize("text", ["", "var", "/var/", "//", "/a/../b", "/./a", "/a b", "/a\n"])
def test_what_is_no_path(text: str) -> None:
    with pytest.raises(ValueError, match="no absolute path"):
        parse_path(text)


def test_a_device_lies_under_dev() -> None:
    assert parse_device("/dev/disk/by-id/x") == "/dev/disk/by-id/x"
    for text in ("/dev", "/etc/passwd", "/dev/"):
        with pytest.raises(ValueError, match="no "):
            parse_device(text)


def test_units_are_not_mixed_up() -> None:
    assert list(SIZES) == ["B", "KiB", "MiB", "GiB", "TiB"]
    assert [SIZES[unit] for unit in SIZES] == [1024**power for power in range(5)]
