from __future__ import annotations

import json
from dataclasses import fields, replace
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.capture import events as ev
from harness.capture.describe import describe, parties, said, seconds, to_json
from harness.capture.events import Origin
from tests.capture.make import FIRMWARE, Fields, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator


def test_a_line_has_the_fields_that_say_something() -> None:
    (event,) = Wire().dhcp(ev.DhcpDiscover, 0xABC, **FIRMWARE).events
    assert describe(event) == (
        "frame 1: dhcp-discover from 52:54:00:00:01:01 client=52:54:00:00:01:01 transaction=2748 "
        "vendor_class=PXEClient:Arch:00007:UNDI:003016 architectures=[7] server_port=67"
    )


def test_members_of_raft_are_hexadecimal_and_entries_are_short() -> None:
    entries = (ev.RaftEntry(4, 12, 0, 3, b"\x01\x02"), ev.RaftEntry(4, 13, 0, 0, b""))
    (event,) = Wire().raft(ev.RaftAppend, 0x5CAE, entries=entries, context=b"\xff").events
    assert describe(event).endswith("sender=5cae receiver=2 term=1 entries=[4/12, 4/13] context=ff")
    told = to_json(event)
    assert (told["protocol"], told["kind"], told["sender"]) == ("raft", "raft-append", "5cae")
    assert told["entries"] == [
        {"term": 4, "index": 12, "type": 0, "length": 3, "digest": "0102"},
        {"term": 4, "index": 13, "type": 0, "length": 0, "digest": ""},
    ]


def test_addresses_are_written_as_people_write_them() -> None:
    event = Wire().http("/x").events[0]
    assert to_json(event)["client"] == "192.168.100.11:50000"
    assert to_json(Wire().dhcp(ev.DhcpOffer).events[0])["address"] == "192.168.100.11"


def every_kind(kind: type[ev.Event] = ev.Event) -> Iterator[type[ev.Event]]:
    for one in kind.__subclasses__():
        yield one
        yield from every_kind(one)


@pytest.mark.parametrize("kind", sorted(set(every_kind()), key=str))
def test_every_kind_has_a_protocol_a_name_and_a_docstring(kind: type[ev.Event]) -> None:
    assert kind.protocol
    assert kind.kind == "-".join(kind.kind.split("-")).lower()
    assert kind.__doc__
    nothing: Fields = {field.name: () if str(field.type).startswith("tuple") else None for field in fields(kind)}
    nothing["time"] = 0
    event = kind(**nothing)
    assert json.loads(json.dumps(to_json(event)))["kind"] == kind.kind


def test_an_object_starts_with_where_its_event_comes_from_and_loses_no_nanosecond() -> None:
    (event,) = Wire().dhcp(ev.DhcpOffer).events
    told = to_json(replace(event, time=1_700_000_000_123_456_789))
    assert list(told)[:7] == ["time", "frame", "link", "protocol", "kind", "src", "dst"]
    assert told["time"] == "1700000000.123456789"
    assert "names" not in told


@pytest.mark.parametrize(
    "nanoseconds, text", [(0, "0.000000000"), (1, "0.000000001"), (-1, "-0.000000001"), (-(10**9), "-1.000000000")]
)
def test_seconds_have_nine_decimals(nanoseconds: int, text: str) -> None:
    assert seconds(nanoseconds) == text


def test_standard_names_stand_beside_the_fields_in_an_object_and_for_them_in_a_line() -> None:
    origin = Origin(0, "l", 1, "a", "b", (5, 7), "10.0.0.1", "fe80::1", 68, 67)
    event = ev.ArpReply(*origin, IPv4Address("10.0.0.1"), IPv4Address("10.0.0.2"), "m", "n")
    told = to_json(event)
    assert (told["sender"], told["spa"], told["op"]) == ("10.0.0.1", "10.0.0.1", 2)
    assert said(event) == "vlan=5/7 spa=10.0.0.1 tpa=10.0.0.2 sha=m tha=n"
    assert parties(event) == "10.0.0.1:68 > [fe80::1]:67"


def test_a_terminal_gets_nothing_but_what_it_shows() -> None:
    event = Wire().http("/x\x1b[2J y\n").events[0]
    assert 'target="/x\\x1b[2J y\\n"' in said(event)
