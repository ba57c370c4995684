from __future__ import annotations

import json
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest

from harness.capture import events as ev
from harness.capture.describe import describe, to_json
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
    said = to_json(event)
    assert (said["protocol"], said["kind"], said["sender"]) == ("raft", "raft-append", "5cae")
    assert said["entries"] == [
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
    nothing: Fields = {field.name: None for field in fields(kind)}
    event = kind(**nothing)
    assert json.loads(json.dumps(to_json(event)))["kind"] == kind.kind
