from __future__ import annotations

import json

import pytest

from harness.stacks.reference.node.https import NotSentError
from harness.stacks.reference.node.iam_store import Store, ensure_admin
from harness.stacks.reference.node.waiting import StepError
from tests.stacks.reference.node.memory import Memory


@pytest.fixture
def database() -> Memory:
    return Memory()


@pytest.fixture
def store(database: Memory) -> Store:
    return Store(database)


def test_a_principal_is_created_once(store: Store) -> None:
    assert store.create_principal("admin", "first")
    assert not store.create_principal("admin", "second")
    assert store.password_fits("admin", "first")
    assert not store.password_fits("admin", "second")
    assert not store.password_fits("nobody", "first")


def test_a_password_may_be_any_text(store: Store) -> None:
    for name, password in {"a": "ü" * 300, "b": "\0", "c": "\ud800"}.items():
        store.create_principal(name, password)
        assert store.password_fits(name, password)
        assert not store.password_fits(name, password + " ")


def test_the_same_password_is_stored_differently(store: Store, database: Memory) -> None:
    store.create_principal("a", "password")
    store.create_principal("b", "password")
    one, two = (json.loads(value) for value, _ in database.records.values())
    assert one["salt"] != two["salt"]
    assert one["scrypt"] != two["scrypt"]
    assert "password" not in str(database.records)


def test_a_token_is_known_by_its_hash_only(store: Store, database: Memory) -> None:
    token, grant = store.issue("admin", 60)
    assert store.grant_of(token) == grant
    assert token not in str(database.records)
    assert store.grant_of(token[:-1]) is None
    assert store.grant_of("\ud800") is None


def test_a_token_ends_with_its_lease_or_by_revocation(store: Store, database: Memory) -> None:
    one, two = store.issue("admin", 60)[0], store.issue("admin", 60)[0]
    assert store.revoke(one)
    assert not store.revoke(one)
    assert store.grant_of(one) is None
    assert store.grant_of(two) is not None
    database.expire()
    assert store.grant_of(two) is None


def test_three_machines_race_for_the_administrator_and_agree(store: Store) -> None:
    assert [ensure_admin(store, "password") for _ in range(3)] == [None] * 3


def test_machines_that_disagree_are_told(store: Store) -> None:
    ensure_admin(store, "password")
    with pytest.raises(StepError, match="another password"):
        ensure_admin(store, "other")


def test_a_database_that_is_away_is_worth_another_try(store: Store, database: Memory) -> None:
    database.failure = NotSentError("refused")
    assert ensure_admin(store, "password") == "refused"
