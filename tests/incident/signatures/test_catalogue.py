from __future__ import annotations

import pytest

from harness.errors import SpecError
from harness.incident.signatures.catalogue import BY_NAME, named, shown_alone, shown_by
from harness.incident.signatures.journal_signatures import Says
from tests.incident.stages import stage


def test_each_is_known_by_its_name() -> None:
    assert all(named(name).name == name for name in BY_NAME)
    assert named("says: it failed") == Says("it failed")


@pytest.mark.parametrize(
    "name,told", [("term run away", "did you mean 'term runs away'?"), ("says: ", "is no signature")]
)
def test_others_are_told_with_what_there_is(name: str, told: str) -> None:
    with pytest.raises(SpecError) as caught:
        named(name)
    assert told in str(caught.value)
    assert "two quorate rings" in str(caught.value)


def test_the_most_telling_comes_first() -> None:
    lines = [(10.0 + t, "node02", f"8e9e05c52164694d became candidate at term {t}") for t in range(2, 8)]
    died = (17.0, "node02", "etcd.service: Main process exited, code=killed, status=9/KILL")
    assert [one.name for one, _ in shown_by(stage(*lines, died, since=5))] == ["term runs away", "service dies"]


def test_a_complaint_stands_in_where_there_is_nothing_else() -> None:
    (found,) = shown_by(stage((10, "node01", "the flux capacitor failed"), since=5))
    assert found[0].name == "says: the flux capacitor failed"
    assert shown_by(stage((10, "node01", "fine"), since=5)) == []


def test_alone_only_what_is_a_failure_in_itself_counts() -> None:
    boots = stage((1, "node01", "up"), (9, "node01", "up"), boots={"node01": [5]}, since=2)
    assert [one.name for one, _ in shown_by(boots)] == ["machine boots"]
    assert shown_alone(boots) == []
    dead = stage((9, "node01", "serf: EventMemberFailed: node02 1.2.3.4"))
    assert [one.name for one, _ in shown_alone(dead)] == ["held for dead"]
