from __future__ import annotations

import pytest

from harness.incident.inventory.identities import Identities, Kind, label, name_of


def machines(known: Identities) -> list[str]:
    return sorted(name_of(marks) for marks in known)


def test_marks_of_one_machine_come_together() -> None:
    known = Identities()
    known.same(known.know(Kind.CONFIG, "node01"), known.know(Kind.ADDRESS, "10.0.0.1"))
    known.same(known.know(Kind.MAC, "52:54:00:00:01:01"), known.know(Kind.ADDRESS, "10.0.0.1"))
    known.know(Kind.HOST, "node01")
    (marks,) = known
    assert name_of(marks) == "node01"
    assert len(marks) == 4


def test_two_machines_are_never_made_one() -> None:
    known = Identities()
    for name, address in (("node01", "10.0.0.1"), ("node02", "10.0.0.2")):
        known.same(known.know(Kind.HOST, name), known.know(Kind.ADDRESS, address))
    known.same(known.know(Kind.ADDRESS, "10.0.0.1"), known.know(Kind.ADDRESS, "10.0.0.2"))
    assert machines(known) == ["node01", "node02"]


def test_the_best_name_is_taken() -> None:
    known = Identities()
    known.same(known.know(Kind.MEMBER_NAME, "etcd-a"), known.know(Kind.ADDRESS, "10.0.0.1"))
    known.same(known.know(Kind.HOST, "vm-17"), known.know(Kind.ADDRESS, "10.0.0.1"))
    assert machines(known) == ["vm-17"]


def test_a_machine_without_a_name_has_one_of_its_first_address() -> None:
    known = Identities()
    known.same(known.know(Kind.ADDRESS, "10.0.0.20"), known.know(Kind.ADDRESS, "10.0.0.3"))
    known.know(Kind.MAC, "52:54:00:00:01:01")
    assert machines(known) == ["node-10-0-0-3", "node-52-54-00-00-01-01"]


@pytest.mark.parametrize(
    "name, found",
    [("Node01.plasma.local", "node01"), ("my_host", "my-host"), ("-x-", "x"), ("", ""), ("...", ""), ("ü", "")],
)
def test_names_become_labels(name: str, found: str) -> None:
    assert label(name) == found
