from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.sandbox.waiting import HEALTHY
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.stacks.reference.iam import Iam, Token, Unauthorized
from harness.stacks.reference.node.https import NoAnswerError, NotSentError
from harness.units import minutes, seconds
from tests.stacks.reference.node.canned import NOTHING, serving
from tests.stacks.reference.node.loopback_iam import serving_iam
from tests.stacks.reference.node.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.stacks.reference.node.https import Endpoint

AWAY = IPv4Address("127.0.0.2")
HERE = IPv4Address("127.0.0.1")


def client(endpoint: Endpoint) -> Iam:
    addresses = {"away": AWAY, "here": HERE}
    return Iam(addresses, endpoint.port, endpoint.trust, admin_password="password", patience=HEALTHY)


@pytest.fixture
def database() -> Memory:
    return Memory()


@pytest.fixture
def iam(tmp_path: Path, database: Memory) -> Iterator[Iam]:
    with serving_iam(tmp_path, database) as endpoint:
        # The server listens on 127.0.0.1 alone, so that nobody is at 127.0.0.2.
        yield client(endpoint)


def test_a_token_is_issued_verified_and_revoked_by_whoever_is_there(iam: Iam) -> None:
    before = datetime.now(UTC)
    token = iam.issue(lifetime=5 * minutes)
    assert token.principal == "admin"
    assert timedelta(minutes=4) < token.expires - before < timedelta(minutes=6)
    assert iam.verify(token) == iam.verify(token.secret) == token
    iam.revoke(token)
    with pytest.raises(Unauthorized, match="401"):
        iam.verify(token)


def test_a_secret_stays_out_of_logs() -> None:
    assert "hidden" not in repr(Token("hidden", "admin", datetime.now(UTC)))


def test_wrong_credentials_and_unusable_requests_differ(iam: Iam) -> None:
    with pytest.raises(Unauthorized):
        iam.issue("admin", "wrong", via="here")
    with pytest.raises(ValueError, match="lifetime"):
        iam.issue(lifetime=-1 * seconds)


def test_who_is_away_is_unavailable_and_who_is_unknown_is_a_mistake(iam: Iam) -> None:
    with pytest.raises(Unavailable, match=r"127\.0\.0\.2:\d+: Connection refused"):
        iam.issue(via="away")
    with pytest.raises(KeyError):
        iam.issue(via="nobody")


def test_without_its_database_nothing_happened_or_nobody_knows(iam: Iam, database: Memory) -> None:
    token = iam.issue()
    database.failure = NotSentError("refused")
    with pytest.raises(Unavailable, match="flaredb: refused"):
        iam.issue(via="here")
    with pytest.raises(Unavailable):
        iam.revoke(token, via="here")
    database.failure = NoAnswerError("timed out")
    with pytest.raises(MaybeHappened, match="flaredb: timed out"):
        iam.issue(via="here")
    with pytest.raises(MaybeHappened):
        iam.revoke(token)
    with pytest.raises(Unavailable):
        iam.verify(token, via="here")


def test_without_an_answer_nobody_knows(tmp_path: Path) -> None:
    with serving(tmp_path, NOTHING, NOTHING) as server:
        with pytest.raises(MaybeHappened):
            client(server.endpoint).issue(via="here")
        with pytest.raises(Unavailable):
            client(server.endpoint).verify("token", via="here")


def test_health_is_looked_at_on_each_machine(iam: Iam) -> None:
    assert [(check.machine, check.healthy) for check in iam.checks()] == [("away", False), ("here", True)]
    assert [check.machine for check in iam.checks(["here"])] == ["here"]
