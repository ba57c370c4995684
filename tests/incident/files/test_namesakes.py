from __future__ import annotations

from dataclasses import replace

from harness.incident.entry import Entry
from harness.incident.files.namesakes import told_apart
from tests.incident.clocks.test_walls import LINE, SECOND


def lines(
    boot: str, began: int, *, file: str = "all.json", first: int = 1, step: int = 1, host: str = "pc.lan"
) -> list[Entry]:
    """Return three lines of a boot, a second apart."""
    return [
        replace(LINE, host=host, boot=boot, file=file, line=first + step * place, time=(began + place) * SECOND)
        for place in range(3)
    ]


def hosts(*some: list[Entry]) -> list[str]:
    return [one.host for one in told_apart(entry for each in some for entry in each)]


def test_boots_that_go_on_at_once_are_several_machines() -> None:
    assert hosts(lines("a", 0, file="a"), lines("b", 0, file="b")) == ["pc.lan"] * 3 + ["pc-2.lan"] * 3
    assert hosts(lines("a", 0, step=2), lines("b", 0, first=2, step=2)) == ["pc.lan"] * 3 + ["pc-2.lan"] * 3


def test_boots_one_after_the_other_are_one_machines() -> None:
    assert hosts(lines("a", 0), lines("b", 9, first=4)) == ["pc.lan"] * 6
    assert hosts(lines("a", 0, file="a"), lines("b", 9, file="b")) == ["pc.lan"] * 6


def test_a_clock_that_was_set_back_makes_no_other_machine() -> None:
    assert hosts(lines("a", 100), lines("b", 100, first=4)) == ["pc.lan"] * 6


def test_each_of_several_machines_may_be_restarted() -> None:
    both = (lines("a", 0, file="a"), lines("b", 0, file="b"), lines("c", 9, file="b"), lines("d", 9, file="a"))
    assert sorted(set(hosts(*both))) == ["pc-2.lan", "pc.lan"]


def test_who_has_a_name_alone_keeps_it() -> None:
    both = [*lines("a", 0), *lines("", 0, host="pc2")]
    assert told_apart(both) == both
