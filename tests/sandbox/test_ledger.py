from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.sandbox import ledger
from harness.sandbox.ledger import Entry, Need, Room, entries, lack, reserve, room_of_host
from harness.sandbox.waiting import gone, wait_until
from harness.units import GiB, MiB, seconds

LEASE = Path("/var/tmp/l")
HOST = Room(memory=4 * GiB, free=4 * GiB, cores=8)


def entry(memory: int, cores: int = 1) -> Entry:
    return Entry("t036", "/l", 0, memory, cores)


def silent(_line: str) -> None:
    pass


def test_an_entry_lasts_as_long_as_the_block(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with reserve(Need(GiB, 3), "t036", LEASE, silent, folder=folder, room=lambda: HOST):
        assert entries(folder) == [Entry("t036", "/var/tmp/l", os.getuid(), GiB, 3)]
    assert entries(folder) == []
    assert [path.name for path in folder.iterdir()] == [ledger.GATE]


def test_what_can_never_fit_is_refused_at_once(tmp_path: Path) -> None:
    with (
        pytest.raises(HostError, match=r"needs 5120 MiB, 4096 MiB can be had: give its machines less"),
        reserve(Need(5 * GiB, 1), "big", LEASE, silent, folder=tmp_path / "l", room=lambda: HOST),
    ):
        pass


def test_memory_that_only_strangers_hold_is_not_waited_for() -> None:
    with pytest.raises(HostError, match="1024 MiB can be had"):
        lack(Need(2 * GiB, 1), [], Room(4 * GiB, free=GiB, cores=8))


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
    assert (lack(need, held, HOST) is not None) is waits


def test_whoever_waits_hears_who_holds_what_and_goes_on_when_they_let_go(tmp_path: Path) -> None:
    heard: list[str] = []
    got = threading.Event()

    def want() -> None:
        with reserve(Need(3 * GiB, 1), "second", LEASE, heard.append, folder=tmp_path / "l", room=lambda: HOST):
            got.set()

    waiting = threading.Thread(target=want)
    with reserve(Need(2 * GiB, 1), "first", LEASE, silent, folder=tmp_path / "l", room=lambda: HOST):
        waiting.start()
        wait_until("a word", lambda: heard, within=5 * seconds)
        assert not got.is_set()
    waiting.join(10)
    assert got.is_set()
    (line,) = heard
    assert line.startswith("second waits for room: first of user ")
    assert "2048 MiB, 1 processors (/var/tmp/l)" in line


HOLD = """
import sys, time
from pathlib import Path
from harness.sandbox.ledger import Need, reserve
with reserve(Need(1, 1), "it", Path("/l"), print, folder=Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_dead_hold_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdin=pipe, stdout=pipe) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        assert len(entries(folder)) == 1
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait(10)
    gone("the entry", lambda: entries(folder), within=2 * seconds)
    assert [path.name for path in folder.iterdir()] == [ledger.GATE]


def test_a_ledger_that_can_t_be_is_an_error_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(HostError, match=r"no ledger at .*file"),
        reserve(Need(1, 1), "it", LEASE, silent, folder=tmp_path / "file"),
    ):
        pass


def test_all_users_share_it(tmp_path: Path) -> None:
    with reserve(Need(1, 1), "it", LEASE, silent, folder=tmp_path / "l", room=lambda: HOST):
        assert (tmp_path / "l").stat().st_mode & 0o7777 == 0o1777
        (file,) = (tmp_path / "l").glob("*.json")
        assert file.stat().st_mode & 0o777 == 0o644
        assert json.loads(file.read_text())["cores"] == 1


def test_a_host_has_memory_and_processors() -> None:
    room = room_of_host()
    assert 64 * MiB < room.memory
    assert room.cores >= ledger.OVERCOMMIT
