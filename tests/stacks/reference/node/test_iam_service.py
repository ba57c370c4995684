from __future__ import annotations

import json
from http import HTTPStatus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.stacks.reference.node.etcd import RefusedError, UncertainError
from harness.stacks.reference.node.https import Answer, NoAnswerError, NotSentError
from harness.stacks.reference.node.iam_service import LONGEST_LIFETIME, Reply, Request, Service
from harness.stacks.reference.node.iam_store import Store
from tests.stacks.reference.node.memory import Memory

CREDENTIALS = {"principal": "admin", "password": "password"}


class Iam:
    def __init__(self) -> None:
        self.database = Memory()
        self.health = Answer(200, b'{"health":"true"}')
        self.service = Service(Store(self.database), lambda: self.health)

    def __call__(self, method: str, path: str, fields: object = None, **headers: str) -> Reply:
        body = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
        return self.service.answer(Request(method, path, headers, body))

    def token(self) -> str:
        fields = self("POST", "/v1/tokens", CREDENTIALS).fields
        assert fields is not None
        return str(fields["token"])


@pytest.fixture
def iam() -> Iam:
    iam = Iam()
    Store(iam.database).create_principal("admin", "password")
    return iam


def why(reply: Reply) -> str:
    assert reply.fields is not None
    return str(reply.fields["error"])


def test_a_token_is_issued_verified_and_revoked(iam: Iam) -> None:
    issued = iam("POST", "/v1/tokens", {**CREDENTIALS, "lifetime": 60})
    assert issued.status == 201
    assert issued.headers["Cache-Control"] == "no-store"
    assert issued.fields is not None
    authorization = f"Bearer {issued.fields['token']}"
    verified = iam("GET", "/v1/tokens/self", authorization=authorization)
    assert verified.status == 200
    assert verified.fields == {"principal": "admin", "expires": issued.fields["expires"]}
    assert iam("DELETE", "/v1/tokens/self", authorization=authorization) == Reply(HTTPStatus.NO_CONTENT)
    assert iam("GET", "/v1/tokens/self", authorization=authorization).status == 401
    assert iam("DELETE", "/v1/tokens/self", authorization=authorization).status == 204


@pytest.mark.parametrize(
    "body, complaint",
    [
        (b"", "the body: expected JSON"),
        (b"{", "the body: expected JSON"),
        (b"\xff", "the body: expected JSON"),
        (b"[" * 100_000, "the body: expected JSON"),
        (b"[]", "the body: expected a JSON object"),
        ({"principal": "admin"}, "password: expected a text of 1 to 1024 characters"),
        ({**CREDENTIALS, "principal": ""}, "principal: expected a text"),
        ({**CREDENTIALS, "principal": 7}, "principal: expected a text"),
        ({**CREDENTIALS, "password": "x" * 1025}, "password: expected a text"),
        ({**CREDENTIALS, "lifetime": 0}, "lifetime: expected 1 to"),
        ({**CREDENTIALS, "lifetime": LONGEST_LIFETIME + 1}, "lifetime: expected 1 to"),
        ({**CREDENTIALS, "lifetime": 1.5}, "lifetime: expected 1 to"),
        ({**CREDENTIALS, "lifetime": True}, "lifetime: expected 1 to"),
        ({**CREDENTIALS, "lifetme": 5}, "unknown: lifetme; expected principal, password and lifetime"),
    ],
)
def test_what_cannot_be_read_is_400_with_the_reason(iam: Iam, body: object, complaint: str) -> None:
    reply = iam("POST", "/v1/tokens", body)
    assert reply.status == 400
    assert complaint in why(reply)


@pytest.mark.parametrize("principal, password", [("admin", "wrong"), ("nobody", "password"), ("a/../b", "x")])
def test_wrong_credentials_are_401_and_say_no_more(iam: Iam, principal: str, password: str) -> None:
    reply = iam("POST", "/v1/tokens", {"principal": principal, "password": password})
    assert reply.status == 401
    assert why(reply) == "no principal of that name has that password"
    assert reply.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer ", "Basic YQ==", "Bearer " + "x" * 1025])
@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_without_a_token_it_is_401(iam: Iam, method: str, authorization: str) -> None:
    assert iam(method, "/v1/tokens/self", authorization=authorization).status == 401


def test_the_scheme_is_read_in_any_case(iam: Iam) -> None:
    assert iam("GET", "/v1/tokens/self", authorization=f"bearer {iam.token()}").status == 200


def test_health_is_flaredbs(iam: Iam) -> None:
    assert iam("GET", "/health").fields == {"status": "healthy"}
    iam.health = Answer(503, b'{"health":"false"}')
    reply = iam("GET", "/health")
    assert reply.status == 503
    assert "flaredb: status 503" in why(reply)


def test_before_the_first_setup_nobody_is_refused_for_good() -> None:
    reply = Iam()("POST", "/v1/tokens", CREDENTIALS)
    assert reply.status == 503
    assert "iam-initial-setup" in why(reply)


@pytest.mark.parametrize(
    "failure, happened",
    [
        (NotSentError("refused"), "no"),
        (RefusedError("no leader", 14), "no"),
        (NoAnswerError("timed out"), "unknown"),
        (UncertainError("request timed out"), "unknown"),
    ],
)
def test_without_flaredb_it_is_503_and_says_what_is_known(iam: Iam, failure: Exception, happened: str) -> None:
    token = iam.token()
    iam.database.failure = failure
    for reply in (
        iam("POST", "/v1/tokens", CREDENTIALS),
        iam("GET", "/v1/tokens/self", authorization=f"Bearer {token}"),
        iam("DELETE", "/v1/tokens/self", authorization=f"Bearer {token}"),
    ):
        assert reply.status == 503
        assert reply.fields == {"error": f"flaredb: {failure}", "happened": happened}


@pytest.mark.parametrize("path", ["/", "/v1/tokens/", "/health/../v1/tokens", "", "/v1/tokens/self/x"])
def test_an_unknown_path_is_404(iam: Iam, path: str) -> None:
    assert iam("GET", path).status == 404


@pytest.mark.parametrize(
    "method, path, allowed", [("PUT", "/health", "GET"), ("POST", "/v1/tokens/self", "DELETE, GET")]
)
def test_another_method_is_405_with_those_that_are_allowed(iam: Iam, method: str, path: str, allowed: str) -> None:
    reply = iam(method, path)
    assert reply.status == 405
    assert reply.headers["Allow"] == allowed


@settings(max_examples=60, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "PUT", "DELETE", "BREW"]),
    path=st.sampled_from(["/health", "/v1/tokens", "/v1/tokens/self"]) | st.text(max_size=12),
    headers=st.dictionaries(st.sampled_from(["authorization", "x"]), st.text(max_size=12)),
    body=st.binary(max_size=40)
    | st.dictionaries(st.sampled_from(["principal", "lifetime"]), st.integers()).map(repr).map(str.encode),
)
def test_nothing_makes_it_fail(method: str, path: str, headers: dict[str, str], body: bytes) -> None:
    assert Iam().service.answer(Request(method, path, headers, body)).status in {200, 400, 401, 404, 405}
