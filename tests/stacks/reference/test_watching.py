from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.sandbox.waiting import wait_until
from harness.stacks.powers import Changed
from harness.stacks.reference.node.etcd import Etcd
from harness.stacks.reference.node.https import NoAnswerError
from harness.stacks.reference.watching import EtcdWatch
from harness.units import seconds
from tests.stacks.reference.node.canned import reply, serving

CREATED = {"result": {"created": True}}
PUT = {"result": {"events": [{"kv": {"key": "eA==", "value": "YQ==", "mod_revision": "2", "version": "1"}}]}}


def lines(*messages: object) -> bytes:
    return reply(200, "".join(f"{json.dumps(message)}\n" for message in messages).encode())


def ended(watch: EtcdWatch) -> str:
    return wait_until("the end", lambda: watch.ended, within=10 * seconds)


def test_what_a_member_tells_is_kept_until_it_ends(tmp_path: Path) -> None:
    with serving(tmp_path, lines(CREATED, PUT)) as server, EtcdWatch(Etcd(server.endpoint).watch("x")) as watch:
        assert ended(watch) == "the member ended it"
        assert watch.changes == (Changed("x", "a", 2, 1),)


@pytest.mark.parametrize(
    "message, why",
    [({"result": {"canceled": True, "cancel_reason": "compacted"}}, "compacted"), ("no object", "broke off")],
)
def test_a_watch_that_is_over_says_why(tmp_path: Path, message: object, why: str) -> None:
    with (
        serving(tmp_path, lines(CREATED, PUT, message)) as server,
        EtcdWatch(Etcd(server.endpoint).watch("x")) as watch,
    ):
        assert ended(watch)
        assert len(watch.changes) == 1
        assert why in (watch.ended or "")


def test_a_member_that_refuses_has_no_watch(tmp_path: Path) -> None:
    with serving(tmp_path, reply(503, b"no")) as server, pytest.raises(NoAnswerError, match="status 503: no"):
        Etcd(server.endpoint).watch("x")
