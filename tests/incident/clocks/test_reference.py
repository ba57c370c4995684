from __future__ import annotations

from dataclasses import replace

import pytest

from harness.incident.clocks.common import Clock, Island
from harness.incident.clocks.marks import Marks
from harness.incident.clocks.reference import Seen, timing
from harness.incident.clocks.stated import StatedTimes
from harness.incident.entry import Entry
from harness.incident.stated_time import Stated
from tests.incident.clocks.test_walls import LINE, SECOND, START

MEMBER = 0xA1B2C3D4E5
MILLISECOND = SECOND // 1000


def marked(**moments: int) -> Marks:
    """Return marks of elections, by what happened, with when."""
    made = Marks()
    for what, time in moments.items():
        made._mark(time, what, MEMBER, 3)
    return made


def lines(host: str = "node01", off: int = 0, behind: int = 0) -> list[tuple[int, Entry]]:
    """Return a host's lines of an election, its clock off by so much, and by the clock that nobody set still behind."""
    stands = replace(LINE, host=host, message="a1b2c3d4e5 became candidate at term 3")
    leads = replace(LINE, host=host, message="a1b2c3d4e5 became leader at term 3")
    follows = replace(LINE, host=host, message="raft.node: a1b2c3d4e5 elected leader a1b2c3d4e5 at term 3")
    at = (START + SECOND + off, START + 3 * SECOND + off, START + 5 * SECOND + off)
    told = zip(at, (stands, leads, follows), strict=True)
    return [(time - behind, replace(entry, time=time)) for time, entry in told]


def capture(ahead: int) -> Seen:
    moments = {"candidate": 1, "leader": 3, "follower": 5}
    return Seen(marked(**{what: START + at * SECOND + ahead for what, at in moments.items()}), StatedTimes())


def island(*names: str) -> Island:
    return Island(names[0], dict.fromkeys(names, Clock()))


@pytest.mark.parametrize("ahead", [0, 7 * SECOND, -3600 * SECOND])
def test_captures_are_put_on_the_machines_clock(ahead: int) -> None:
    found = timing([island("a.pcap")], {"a.pcap": capture(ahead)}, lines())
    assert found.captures["a.pcap"](START + ahead) == START
    assert found.hosts == {}
    assert "node01" in found.notes[0]


def test_an_island_is_put_there_as_a_whole() -> None:
    clocks = {"a.pcap": Clock(), "b.pcap": Clock(ahead=2 * SECOND, uncertainty=5, packets=9)}
    silent = Seen(Marks(), StatedTimes())
    found = timing([Island("a.pcap", clocks)], {"a.pcap": capture(SECOND), "b.pcap": silent}, lines())
    assert found.captures["b.pcap"](START + 3 * SECOND) == START
    assert found.uncertainty == 5


def test_captures_without_common_packets_are_joined_by_the_journals() -> None:
    seen = {"a.pcap": capture(SECOND), "b.pcap": capture(-9 * SECOND)}
    found = timing([island("a.pcap"), island("b.pcap")], seen, lines())
    assert found.captures["a.pcap"](START + SECOND) == found.captures["b.pcap"](START - 9 * SECOND) == START
    assert found.uncertainty > 0


def test_a_machine_whose_clock_is_odd_is_put_beside_the_others() -> None:
    both = [*lines("node01"), *lines("node02"), *lines("node03", off=-100 * SECOND)]
    found = timing([island("a.pcap")], {"a.pcap": capture(SECOND)}, both)
    assert found.captures["a.pcap"](START + SECOND) == START
    assert found.hosts == {"node03": 100 * SECOND}
    assert any("node03" in note and "100.000 s behind" in note for note in found.notes)
    assert any("node01, node02" in note for note in found.notes)


def test_dates_on_the_wire_do_where_journals_tell_nothing() -> None:
    seen = Seen(Marks(), StatedTimes())
    for at in range(50):
        true = START + at * 370 * MILLISECOND
        seen.stated.found.append(Stated(true + 9 * SECOND, "10.0.0.1", true // SECOND * SECOND))
    found = timing([island("a.pcap")], {"a.pcap": seen}, [])
    assert abs(found.captures["a.pcap"](START + 9 * SECOND) - START) < 30 * MILLISECOND
    assert "HTTP" in found.notes[0]


def test_a_clock_that_nothing_tells_of_is_left_as_it_is() -> None:
    seen = Seen(Marks(), StatedTimes())
    found = timing([island("a.pcap"), island("b.pcap")], {"a.pcap": seen, "b.pcap": seen}, [(START, LINE)])
    assert found.captures["b.pcap"](START) == START
    assert [note.partition(":")[0] for note in found.notes] == [
        "a.pcap",
        "b.pcap",
        "the clocks of node01 are taken for one, as NTP keeps them",
    ]


def test_machines_that_were_put_back_and_had_their_clocks_set_are_where_these_say() -> None:
    both = [*lines("node01", behind=600 * SECOND), *lines("node02", behind=600 * SECOND)]
    seen = capture(SECOND)._replace(span=(START, START + 9 * SECOND))
    found = timing([island("a.pcap")], {"a.pcap": seen}, both)
    assert found.captures["a.pcap"](START + SECOND) == START
    assert sorted(time for time, _ in found.lines) == sorted(entry.time for _, entry in both)


def test_a_machine_whose_clock_jumped_is_where_it_would_have_been() -> None:
    jumped = [(time, replace(entry, time=time + 600 * SECOND)) for time, entry in lines("node02")]
    found = timing([island("a.pcap")], {"a.pcap": capture(SECOND)}, [*lines("node01"), *jumped])
    assert found.captures["a.pcap"](START + SECOND) == START
    assert {time for time, _ in found.lines} == {time for time, _ in lines("node01")}


def test_journals_alone_are_on_their_own_clock() -> None:
    assert timing([], {}, [(START, LINE)]).notes == []


@pytest.mark.parametrize("more", [False, True])
def test_whom_lines_just_name_counts_where_nothing_else_does(*, more: bool) -> None:
    made = Marks()
    names = ("10.0.0.1 26379", "10.0.0.2 26379", "10.0.0.3:6379")
    for place, name in enumerate(names):
        made._mark(START + place * 2 * SECOND + 700 * MILLISECOND, "called", name.replace(" ", ":"))
    said = [
        replace(LINE, message=f"+sentinel {name}", time=START + place * 2 * SECOND) for place, name in enumerate(names)
    ]
    known = capture(40 * SECOND) if more else Seen(Marks(), StatedTimes())
    logged = [(one.time, one) for one in said] + (lines() if more else [])
    islands = [Island("a.pcap", {"a.pcap": Clock(), "b.pcap": Clock()})]
    found = timing(islands, {"a.pcap": Seen(made, StatedTimes()), "b.pcap": known}, logged)
    assert found.captures["a.pcap"](START) == START - (40 * SECOND if more else 700 * MILLISECOND)
