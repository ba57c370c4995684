from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.sandbox import confined, ledger
from harness.sandbox.ledger import entries, reserve
from harness.sandbox.promises import Entry, Need, Room
from harness.sandbox.waiting import gone, wait_until
from harness.units import GiB, seconds

LEASE = Path("/var/tmp/l")
HOST = Room(memory=4 * GiB, free=4 * GiB, cores=8)


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
        pytest.raises(HostError, match=r"memory too small for the lab: it needs 5120 MiB; labs may have 4096 MiB"),
        reserve(Need(5 * GiB, 1), "big", LEASE, silent, folder=tmp_path / "l", room=lambda: HOST),
    ):
        pass


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
    assert "has 2048 MiB and 1 processors (/var/tmp/l)" in line


HOLD = """
import sys, time
from pathlib import Path
from harness.sandbox.ledger import reserve
from harness.sandbox.promises import Need
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
        (file,) = (tmp_path / "l").glob(f"*{ledger.SUFFIX}")
        assert file.stat().st_mode & 0o777 == 0o644
        assert json.loads(file.read_text())["cores"] == 1


STAND = """
import sys
from pathlib import Path
from harness.sandbox.ledger import reserve
from harness.sandbox.promises import Need, Room
from harness.units import GiB
name, memory, folder = sys.argv[1:]
room = Room(memory=4 * GiB, free=4 * GiB, cores=8)
with reserve(Need(int(memory) * GiB, 1), name, Path("/l"), print, folder=Path(folder), room=lambda: room):
    print("has", flush=True)
    sys.stdin.read()
"""


@contextmanager
def lab(name: str, memory: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    pipe = subprocess.PIPE
    words = [sys.executable, "-c", STAND, name, str(memory), str(folder)]
    with subprocess.Popen(words, stdin=pipe, stdout=pipe) as process:
        try:
            yield process
        finally:
            process.kill()


def line(folder: Path) -> list[str]:
    return [one.what for one in entries(folder) if one.since]


def has(folder: Path) -> set[str]:
    return {one.what for one in entries(folder) if not one.since}


def test_a_large_lab_is_not_kept_waiting_by_small_ones_that_come_later(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with ExitStack() as labs:

        def come(name: str, memory: int) -> subprocess.Popen[bytes]:
            process = labs.enter_context(lab(name, memory, folder))
            wait_until(
                f"{name} in the ledger", lambda: name in [one.what for one in entries(folder)], within=9 * seconds
            )
            return process

        first, _ = come("first", 2), come("second", 1)
        large, small = come("large", 4), come("small", 1)
        assert (has(folder), line(folder)) == ({"first", "second"}, ["large", "small"])
        first.kill()
        first.wait(9)
        gone("the first", lambda: "first" in has(folder), within=2 * seconds)
        assert line(folder) == ["large", "small"]  # there is room for the small one, and it waits its turn
        assert small.poll() is None
        large.kill()  # whoever dies in line loses its place
        large.wait(9)
        wait_until("the small one's turn", lambda: has(folder) == {"second", "small"}, within=9 * seconds)


def test_a_lab_notes_what_it_uses(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    with reserve(Need(GiB, 1), "it", LEASE, silent, folder=folder, room=lambda: HOST, used=lambda: 7):
        wait_until("the note", lambda: [one.used for one in entries(folder)] == [7], within=9 * seconds)
    assert [path.name for path in folder.iterdir()] == [ledger.GATE]


def test_who_gives_up_waiting_leaves_the_line(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"

    def give_up(_line: str) -> None:
        assert line(folder) == ["second"]
        raise KeyboardInterrupt

    with reserve(Need(3 * GiB, 1), "first", LEASE, silent, folder=folder, room=lambda: HOST):
        with (
            pytest.raises(KeyboardInterrupt),
            reserve(Need(3 * GiB, 1), "second", LEASE, give_up, folder=folder, room=lambda: HOST),
        ):
            pass
        assert line(folder) == []


def test_what_is_no_entry_promises_nothing_and_is_in_nobody_s_way(tmp_path: Path) -> None:
    folder = tmp_path / "l"
    with reserve(Need(GiB, 1), "first", LEASE, silent, folder=folder, room=lambda: HOST), ExitStack() as held:
        for number, text in enumerate(["", "[]", "{}", '{"what": 1']):
            file = held.enter_context((folder / f"{number}.entry").open("w"))
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(text)
            file.flush()
        assert [entry.what for entry in entries(folder)] == ["first"]


@pytest.mark.kernel
def test_a_ledger_without_room_says_so_and_is_in_nobody_s_way(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from harness.errors import HostError
from harness.sandbox import ledger, linux
from harness.sandbox.promises import Need
folder = Path(sys.argv[1])
linux.mount("none", folder, "tmpfs", data="nr_inodes=2")
try:
    with ledger.reserve(Need(1, 1), "lab", folder, print, folder=folder): print("had")
except HostError as error:
    print(error)
print(ledger.entries(folder))
"""
    words = confined.command([sys.executable, "-c", script, str(tmp_path)])
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == (
        f"the ledger at {tmp_path} takes no entry (No space left on device): "
        "free some room there, or make it writable for all\n[]\n"
    )
