from __future__ import annotations

from pathlib import Path

from harness.stacks.reference.health import Place, look
from harness.stacks.reference.node.https import Endpoint
from tests.stacks.reference.node.canned import NOTHING, reply, serving
from tests.stacks.reference.node.loopback_iam import serving_iam
from tests.stacks.reference.node.memory import Memory

TIMEOUT = 20.0


def test_each_place_is_told_as_it_was_seen(tmp_path: Path) -> None:
    with (
        serving(tmp_path, reply(503, b'{"health":"false"}')) as ill,
        serving(tmp_path, NOTHING) as silent,
        serving_iam(tmp_path, Memory()) as well,
    ):
        nobody = Endpoint("127.0.0.2", ill.port, ill.trust)
        endpoints = {"ill": ill.endpoint, "silent": silent.endpoint, "well": well, "nobody": nobody}
        seen = {one.machine: one for one in look([Place("s", name, endpoints[name], TIMEOUT) for name in endpoints])}
    assert [name for name, one in seen.items() if one.healthy] == ["well"]
    assert seen["ill"].seen == 'status 503: {"health":"false"}'
    assert seen["silent"].url == f"{silent.endpoint}/health"
    assert "no answer" in seen["silent"].seen
    assert "refused" in seen["nobody"].seen


def test_nobody_is_asked_before_all_connections_are_made(tmp_path: Path) -> None:
    # The second is served when the first has had its answer: its handshake can't be done before, unless all are first.
    with serving(tmp_path, reply(200, b"one"), reply(200, b"two")) as server:
        late = Place("s", "late", server.endpoint, 0.5)
        checks = look([late, late])
    assert sorted(check.healthy for check in checks) == [False, True]


def test_where_there_is_nobody_nothing_is_seen() -> None:
    assert look([]) == []
