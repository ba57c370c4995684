from __future__ import annotations

import contextlib
import socket
from typing import TYPE_CHECKING

import pytest

from harness import proofs
from harness.sandbox.waiting import HEALTHY, NotSeen, Patience
from harness.stacks.asking import name_of
from harness.stacks.protocol import Check, Health, MaybeHappened, Revision, Unavailable

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta

    from harness.stacks.protocol import Which

HASTY = Patience(0.02, "a test")


class Waking:
    """A cluster whose machines are healthy from a look of theirs on, and which accepts a write after some refusals."""

    def __init__(self, refusals: list[Exception] | None = None, **from_look: int) -> None:
        self.left = dict(from_look)
        self.refusals = refusals or []
        self.looks: list[set[str]] = []
        self.written: dict[str, str] = {}

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        names = [name_of(one) for one in (self.left if among is None else among)]
        self.looks.append(set(names))
        for name in names:
            self.left[name] -= 1
        return Health(tuple(Check("chainfire", name, "", self.left[name] <= 0, "status 503") for name in names))

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = proofs.WITHIN) -> Revision:
        del via, within
        if self.refusals:
            raise self.refusals.pop(0)
        self.written[key] = value
        return Revision(1, 1)

    def get(self, key: str, *, via: Which | None = None, within: timedelta = proofs.WITHIN) -> str | None:
        del via, within
        return self.written.get(key)


class Asking:
    """A machine that sees its own services become healthy at the third look, or knows of none."""

    def __init__(self, *, knows: bool = True) -> None:
        self.looks = 0
        self.knows = knows

    def look(self, *, within: timedelta) -> dict[str, int]:
        del within
        self.looks += 1
        return {"chainfire": 200, "iam": 200 if self.looks > 2 else 503} if self.knows else {}


def test_a_machine_is_asked_until_it_finds_all_of_itself_healthy() -> None:
    machine = Asking()
    assert proofs.prove_own_health("node01", machine, HEALTHY)
    assert machine.looks == 3


def test_a_machine_that_knows_of_no_endpoints_proves_nothing() -> None:
    assert not proofs.prove_own_health("node01", Asking(knows=False), HEALTHY)


def test_what_a_machine_last_saw_of_itself_is_told() -> None:
    machine = Asking()
    machine.looks = -1000
    with pytest.raises(NotSeen, match=r"every health endpoint of node01 to answer it 200; .*'iam': 503"):
        proofs.prove_own_health("node01", machine, HASTY)


def test_only_who_was_not_healthy_is_asked_again() -> None:
    cluster = Waking(a=1, b=3, c=2)
    proofs.prove_health(cluster, HEALTHY)
    assert cluster.looks == [{"a", "b", "c"}, {"b", "c"}, {"b"}]


def test_who_is_no_member_is_not_asked() -> None:
    cluster = Waking(a=1, b=2, blank=1000)
    proofs.prove_health(cluster, HEALTHY, ["a", "b"])
    assert cluster.looks == [{"a", "b"}, {"b"}]


def test_who_stays_ill_is_named() -> None:
    with pytest.raises(NotSeen, match=r"every health endpoint to answer 200; .*chainfire on b \(\): status 503"):
        proofs.prove_health(Waking(a=1, b=1000), HASTY)


def test_a_write_that_was_refused_is_tried_again() -> None:
    cluster = Waking([Unavailable("no leader"), MaybeHappened("timed out")])
    proofs.prove_write(cluster, HEALTHY)
    assert list(cluster.written) == [proofs.KEY]


def test_without_a_write_the_last_reason_is_told() -> None:
    with pytest.raises(NotSeen, match=r"a write; .*no leader"):
        proofs.prove_write(Waking([Unavailable("no leader")] * 1000), HASTY)


def test_who_listens_does_not_hear_of_the_connection_that_proves_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.5)
        for _ in range(10):
            proofs.prove_listening("127.0.0.1", HEALTHY, server.getsockname()[1])
        heard = 0
        with contextlib.suppress(TimeoutError):
            while heard < 10:
                server.accept()[0].close()
                heard += 1
        assert heard < 5  # the last packet is held back for 200 ms, which a busy host may let pass


def test_a_port_that_nobody_listens_on_is_told() -> None:
    with socket.socket() as plug:
        plug.bind(("127.0.0.1", 0))
        port = plug.getsockname()[1]
        with pytest.raises(NotSeen, match=f"port {port} of 127.0.0.1 to take a connection.*refused"):
            proofs.prove_listening("127.0.0.1", HASTY, port)
