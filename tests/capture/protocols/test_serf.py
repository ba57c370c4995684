from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import serf
from harness.capture.protocols.malformed import Malformed
from tests.capture import encode


@pytest.mark.parametrize(
    "kind, fields, found",
    [
        (1, {"LTime": 3, "Node": b"node01"}, ("join", 3, "node01")),
        (3, {"LTime": 4, "Name": b"deploy", "Payload": b"x"}, ("user-event", 4, "deploy")),
        (5, {"LTime": 5, "From": b"node02"}, ("query-response", 5, "node02")),
        (2, {}, ("push-pull", 0, "")),
    ],
)
def test_serf_messages_are_read(kind: int, fields: dict[str, object], found: tuple[str, int, str]) -> None:
    made = serf.parse(encode.gossip(kind, fields))
    assert (made.type, made.lamport_time, made.about) == found


def test_a_field_of_another_type_reads_as_none() -> None:
    made = serf.parse(encode.gossip(4, {"ID": b"x", "Payload": 7, "Name": None, "LTime": b"y"}))
    assert (made.number("ID"), made.octets("Payload"), made.text("Name"), made.lamport_time) == (0, b"", "", 0)
    assert serf.texts(None) == ()


def test_a_relay_has_another_message_within_it() -> None:
    inner = encode.gossip(5, {"LTime": 5, "From": b"node02"})
    made = serf.parse(encode.gossip(9, {"DestAddr": {"Port": 7946}, "DestName": b"node03"}) + inner)
    assert (made.about, made.relayed) == ("node03", inner)


def test_what_is_no_map_is_malformed() -> None:
    with pytest.raises(Malformed, match="has a int where a map belongs"):
        serf.parse(b"\x01\x05")


@pytest.mark.parametrize("data", [b"", b"\x0a\x80"])
def test_what_is_no_serf_message_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed, match="which is not known"):
        serf.parse(data)


@given(st.binary(max_size=80))
def test_any_octets_are_read_or_malformed(data: bytes) -> None:
    try:
        serf.parse(data)
    except Malformed as problem:
        assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
