from __future__ import annotations

from dataclasses import replace

import pytest

from harness.incident.entry import Entry
from harness.incident.network.life import Life
from harness.incident.network.passages import passages
from harness.incident.network.vantages import vantages
from harness.incident.packet import Packet
from harness.incident.record import Logged, Record
from tests.incident.talk import BEGAN, MILLISECOND, Fate, Talk, both, cut, topology

THREE = topology("node01", "node02", "node03")
ALONE = cut(4000, 6000, *both(("node01", "node02"), ("node01", "node03")))
SINCE, UNTIL = BEGAN + 4000 * MILLISECOND, BEGAN + 6000 * MILLISECOND


def life(record: Record) -> Life:
    return Life(record, passages(record, vantages(record)))


def talk(*points: str, fate: Fate = ALONE) -> Record:
    return Talk(THREE, points, fate).record()


def logged(at: float, boot: str = "one") -> Logged:
    time = BEGAN + round(at * MILLISECOND)
    return Logged(time, Entry("node01.json", 1, "node01", time, None, boot, "", "kernel", "hello"))


def test_a_machine_that_still_speaks_runs() -> None:
    told = life(talk("node01"))
    assert told.was_running("node01", SINCE, UNTIL) is True


def mute(packet: Packet) -> bool:
    return packet.src == "10.0.0.11" and SINCE < packet.time < UNTIL


def test_a_machine_to_which_all_is_said_and_that_says_nothing_stands_still() -> None:
    record = talk("node01", fate=cut(4000, 6000, ("node01", "node02"), ("node01", "node03")))
    told = life(replace(record, packets=[one for one in record.packets if not mute(one)]))
    assert told.was_running("node01", SINCE, UNTIL) is False


@pytest.mark.parametrize("lines, running", [([3000, 5000, 7000], True), ([3000, 7000], True), ([], True)])
def test_a_journal_that_goes_on_or_connections_that_do_tell_that_it_ran(lines: list[float], *, running: bool) -> None:
    record = replace(talk("node02"), logged=[logged(at) for at in lines])
    assert life(record).was_running("node01", SINCE, UNTIL) is running


def test_another_boot_tells_that_it_did_not() -> None:
    record = replace(talk("node02"), logged=[logged(3000), logged(7000, "two")])
    assert life(record).was_running("node01", SINCE, UNTIL) is False


def test_a_machine_that_knows_no_connection_any_more_did_not() -> None:
    record = talk("node02")
    later = [one for one in record.packets if one.time > UNTIL and one.src == "10.0.0.11" and one.carries == "tcp"]
    forgot = [one for one in record.packets if one not in later] + [one._replace(flags=4) for one in later]
    told = life(replace(record, packets=sorted(forgot, key=lambda one: one.time)))
    assert told.was_running("node01", SINCE, UNTIL) is False


def test_of_a_machine_that_never_comes_back_nobody_knows() -> None:
    assert (
        life(talk("node02", fate=cut(4000, 99_000, *both(("node01", "node02"))))).was_running("node01", SINCE, UNTIL)
        is None
    )
