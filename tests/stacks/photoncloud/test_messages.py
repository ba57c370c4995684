from __future__ import annotations

import json

import pytest

from harness.stacks.photoncloud import messages
from harness.stacks.photoncloud.messages import Listed, Listing, Written
from harness.stacks.reference.node.etcd import RefusedError, UncertainError
from harness.stacks.reference.node.https import Answer

HERE = "flaredb on node01"


def answer(fields: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(fields).encode())


def test_what_is_posted_to_add_a_member_is_what_the_documents_show() -> None:
    posted = json.dumps(messages.membership("node04", "10.0.200.13:2380"), separators=(",", ":"))
    assert posted == '{"id":"node04","raft_addr":"10.0.200.13:2380"}'


@pytest.mark.parametrize(
    "key, path",
    [
        ("test-key", "/api/v1/kv/test-key"),
        ("a/b c?", "/api/v1/kv/a%2Fb%20c%3F"),
        ("ß", "/api/v1/kv/%C3%9F"),
    ],
)
def test_a_key_is_one_segment_of_the_path(key: str, path: str) -> None:
    assert messages.key_path(key) == path


def test_a_listing_is_read_with_its_leader_and_term() -> None:
    member = {"id": "node01", "raft_addr": "10.0.200.10:2380", "healthy": True}
    found = messages.read_listing(HERE, answer({"members": [member], "leader": "node01", "term": 4}))
    assert found == Listing((Listed("node01", "10.0.200.10:2380"),), "node01", 4)


@pytest.mark.parametrize("fields", [{"members": []}, {"members": [], "leader": None}, {"members": [], "leader": ""}])
def test_a_listing_may_lack_a_leader_and_a_term(fields: dict[str, object]) -> None:
    assert messages.read_listing(HERE, answer(fields)) == Listing((), None, 0)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"members": None},
        {"members": 3},
        {"members": ["node01"]},
        {"members": [{"id": "node01"}]},
        {"members": [{"id": 1, "raft_addr": "10.0.200.10:2380"}]},
        {"members": [], "leader": 1},
        {"members": [], "term": "4"},
        {"members": [], "term": True},
    ],
)
def test_a_listing_that_is_none_is_told_with_what_came(fields: dict[str, object]) -> None:
    with pytest.raises(UncertainError, match=r"flaredb on node01: expected a list of members .*, found status 200: \{"):
        messages.read_listing(HERE, answer(fields))


def test_a_value_is_read_and_an_absent_key_has_none() -> None:
    assert messages.read_value(HERE, answer({"value": "hello"})) == "hello"
    assert messages.read_value(HERE, answer({"error": "no such key"}, 404)) is None


@pytest.mark.parametrize("body", [b"", b"hello", b"[]", b"{}", b'{"value": 1}', b'{"value": null}', b"[" * 100_000])
def test_a_value_that_is_none_is_told(body: bytes) -> None:
    with pytest.raises(UncertainError, match=r"flaredb on node01: expected an? "):
        messages.read_value(HERE, Answer(200, body))


@pytest.mark.parametrize(
    "status, body, written",
    [
        (200, b"", Written(0, 0)),
        (204, b"", Written(0, 0)),
        (201, b"{}", Written(0, 0)),
        (200, b'{"revision": 7, "term": 2}', Written(7, 2)),
    ],
)
def test_any_success_carries_a_change_out(status: int, body: bytes, written: Written) -> None:
    assert messages.read_written(HERE, Answer(status, body)) == written


@pytest.mark.parametrize("status", [301, 307, 400, 401, 404, 409, 429])
def test_a_redirection_and_a_client_s_error_say_that_nothing_was_done(status: int) -> None:
    with pytest.raises(RefusedError, match=f"flaredb on node01: status {status}: no"):
        messages.read_written(HERE, Answer(status, b"no"))


@pytest.mark.parametrize("answered", [Answer(500, b""), Answer(503, b"{}"), Answer(101, b""), Answer(200, b"oops")])
def test_anything_else_says_nothing_about_a_change(answered: Answer) -> None:
    with pytest.raises(UncertainError, match="flaredb on node01: "):
        messages.read_written(HERE, answered)


@pytest.mark.parametrize(
    "answered, healthy",
    [
        (Answer(200, b'{"status": "healthy"}'), True),
        (Answer(200, b""), True),
        (Answer(200, b"OK"), True),
        (Answer(200, b'{"status": "degraded"}'), False),
        (Answer(503, b'{"status": "healthy"}'), False),
    ],
)
def test_health_is_a_status_of_200_and_no_word_against_it(answered: Answer, *, healthy: bool) -> None:
    assert messages.is_healthy(answered) is healthy
