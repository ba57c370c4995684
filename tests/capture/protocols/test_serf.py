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
        (1, {"LTime": 3, "Node": b"node01"}, serf.Serf("join", 3, "node01")),
        (3, {"LTime": 4, "Name": b"deploy", "Payload": b"x"}, serf.Serf("user-event", 4, "deploy")),
        (5, {"LTime": 5, "From": b"node02"}, serf.Serf("query-response", 5, "node02")),
        (2, {}, serf.Serf("push-pull", 0, "")),
    ],
)
def test_serf_messages_are_read(kind: int, fields: dict[str, object], found: serf.Serf) -> None:
    assert serf.parse(encode.gossip(kind, fields)) == found


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
