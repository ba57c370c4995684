from __future__ import annotations

import pytest

from harness.provisioning.certificates import Authority
from harness.stacks.protocol import Check, Health, MaybeHappened, Member, Members, Secrets, Unavailable


def check(service: str, machine: str, *, healthy: bool) -> Check:
    return Check(service, machine, f"https://{machine}/health", healthy=healthy, seen="status 200")


@pytest.mark.parametrize(
    "checks, complete, has_quorum",
    [
        ([], False, False),
        ([("chainfire", "node01", True)], True, True),
        ([("chainfire", "node01", True), ("chainfire", "node02", False)], False, True),
        ([("chainfire", "node01", True), ("flaredb", "node01", False)], False, False),
        ([("chainfire", "node01", True), ("flaredb", "node01", False), ("flaredb", "node02", True)], False, True),
    ],
)
def test_health_is_complete_everywhere_and_a_quorum_anywhere(
    checks: list[tuple[str, str, bool]], *, complete: bool, has_quorum: bool
) -> None:
    health = Health(tuple(check(service, machine, healthy=healthy) for service, machine, healthy in checks))
    assert health.complete is complete
    assert health.has_quorum is has_quorum
    assert len(health.failing) == sum(not healthy for _, _, healthy in checks)


def test_failing_health_reads_as_what_fails() -> None:
    health = Health((check("iam", "node01", healthy=True), check("iam", "node02", healthy=False)))
    assert str(health) == "iam on node02 (https://node02/health): status 200"
    assert str(Health((check("iam", "node01", healthy=True),))) == "all 1 endpoints are healthy"


def test_members_are_counted_and_named() -> None:
    members = Members((Member("b", 2), Member("a", 1)), "a", 3, seen_by="b")
    assert len(members) == 2
    assert members.names == ("a", "b")
    assert [member.id for member in members] == [2, 1]


def test_what_did_not_happen_is_not_what_may_have() -> None:
    assert not issubclass(Unavailable, MaybeHappened)
    assert not issubclass(MaybeHappened, Unavailable)


def test_secrets_stay_out_of_logs() -> None:
    secrets = Secrets(b"ca", {"node01": Authority.create("ca").issue(["node01"], [])}, {"iam": "hidden"})
    assert "hidden" not in repr(secrets)
    assert "PRIVATE" not in repr(secrets)
