from __future__ import annotations

from dataclasses import asdict

import pytest

from harness.errors import HostError
from harness.sandbox.promises import Entry, Need, Room, lack
from harness.units import GiB, MiB

HOST = Room(memory=4 * GiB, free=4 * GiB, cores=8)


def entry(memory: int, cores: int = 1, since: int = 0, used: int = 0) -> Entry:
    return Entry("t036", "/l", 0, memory, cores, since, used)


@pytest.mark.parametrize(
    "need,held,waits",
    [
        (Need(GiB, 3), [entry(3 * GiB, 3)], False),
        (Need(GiB + 1, 3), [entry(3 * GiB, 3)], True),
        (Need(MiB, 6), [entry(MiB, 3)], True),  # too many processors together
        (Need(MiB, 99), [], False),  # but alone a lab may have as many as it likes
        (Need(MiB, 0), [entry(MiB, 99)], False),  # namespaces take none
    ],
)
def test_labs_run_together_while_there_is_room_for_both(need: Need, held: list[Entry], *, waits: bool) -> None:
    assert (lack(need, held, [], HOST) is not None) is waits


def test_who_is_ahead_in_line_counts_as_if_it_had_its_room() -> None:
    large = entry(4 * GiB, since=1)
    words = lack(Need(GiB, 1), [entry(GiB)], [large], HOST)
    assert words is not None
    assert "has 1024 MiB" in words
    assert "waits for 4096 MiB" in words
    assert lack(Need(GiB, 1), [entry(GiB)], [entry(2 * GiB, since=1)], HOST) is None


def test_what_others_were_promised_and_did_not_use_yet_is_not_free() -> None:
    busy = Room(memory=8 * GiB, free=3 * GiB, cores=8)
    assert lack(Need(2 * GiB, 1), [entry(2 * GiB, used=2 * GiB)], [], busy) is None
    assert lack(Need(2 * GiB, 1), [entry(2 * GiB, used=GiB // 2)], [], busy) is not None
    assert lack(Need(2 * GiB, 1), [entry(GiB, used=9 * GiB)], [], busy) is None


@pytest.mark.parametrize("room", [Room(GiB, 4 * GiB, 8), Room(4 * GiB, GiB, 8)])
def test_what_can_never_fit_is_refused_with_what_is_needed_what_there_is_and_what_to_do(room: Room) -> None:
    with pytest.raises(HostError) as refused:
        lack(Need(2 * GiB, 1, " (2 machines)"), [], [], room)
    words = str(refused.value)
    assert "memory too small for the lab: it needs 2048 MiB (2 machines); labs may have" in words
    assert f"{room.free // MiB} MiB are free now: give its machines less memory" in words


def test_while_others_have_memory_what_strangers_hold_is_waited_for() -> None:
    assert lack(Need(2 * GiB, 1), [entry(MiB)], [], Room(4 * GiB, GiB, 8)) is not None


def test_an_entry_of_another_version_is_understood() -> None:
    assert Entry.from_json({**asdict(entry(GiB)), "colour": "red"}) == entry(GiB)
    old = {"what": "t036", "lease": "/l", "user": 0, "memory": GiB, "cores": 1}
    assert Entry.from_json(old) == entry(GiB)
