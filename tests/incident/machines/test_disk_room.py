from __future__ import annotations

import pytest

from harness.incident.machines.disk_room import room_after, speaks_after
from tests.incident.records import SECOND, Journal

REDIS = "redis-server.service"
FULL = "Write error saving DB on disk: No space left on device"


def told(*lines: tuple[float, str, str]) -> tuple[float | None, bool]:
    journal = Journal("node03").says(10, FULL, by="redis-server", unit=REDIS)
    for moment, by, message in lines:
        journal.says(moment, message, by=by, unit=REDIS if by in {"redis-server", "systemd"} else f"{by}.service")
    room = room_after(journal.lines[0], {REDIS}, journal.lines)
    return (
        None if room is None else room.unknown / SECOND,
        speaks_after(journal.lines[0], {REDIS}, journal.lines),
    )


@pytest.mark.parametrize(
    "lines,since",
    [
        ([(17, "redis-server", "Background saving terminated with success")], 7),
        ([(12, "systemd", "Started redis-server.service - store.")], 2),
        ([(12, "systemd", "Started redis-server.service - store."), (14, "redis-server", FULL)], None),
        ([(17, "etcd", "saved snapshot at index 7")], None),
        ([(17, "redis-server", "Accepted 10.0.0.1:4000")], None),
    ],
)
def test_who_complained_shows_by_what_it_writes_that_there_is_room(
    lines: list[tuple[float, str, str]], since: float | None
) -> None:
    assert told(*lines)[0] == since


def test_who_goes_on_without_a_complaint_leaves_it_open() -> None:
    assert told((40, "redis-server", "Accepted 10.0.0.1:4000")) == (None, True)
    assert told((40, "systemd", "redis-server.service: Failed with result 'signal'.")) == (None, False)
