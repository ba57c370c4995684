from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.machines.doors import Door
from harness.machines.terminal import Terminal
from harness.reception import Reception
from harness.sandbox import lease
from harness.sandbox.waiting import wait_until
from harness.units import seconds

PROGRAM = "import sys; from harness.cli import main; sys.exit(main(sys.argv[1:]))"


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "terminal")
    yield made
    made.close()


@contextmanager
def console(terminal: Terminal, stdin: int) -> Iterator[subprocess.Popen[bytes]]:
    folder = terminal.path.parent
    (folder / "log").write_text("first\nsecond\n")
    door = Door(("true",), console=str(folder / "log"), terminal=str(terminal.path))
    held = lease.take(folder / "l")
    held.note_init(os.getpid())
    words = [sys.executable, "-c", PROGRAM, "console", f"--lab-dir={folder}/l", "node01"]
    pipe = subprocess.PIPE
    with (
        Reception("t036", ["node01"], held.folder, lambda: {"node01": door}),
        subprocess.Popen(words, stdin=stdin, stdout=pipe, stderr=pipe) as running,
    ):
        yield running
        running.kill()
    held.end()


def test_without_a_terminal_it_is_followed_from_its_first_line_on(terminal: Terminal) -> None:
    with console(terminal, subprocess.DEVNULL) as following:
        assert following.stdout is not None
        assert [following.stdout.readline() for _ in range(2)] == [b"first\n", b"second\n"]
        with (terminal.path.parent / "log").open("a") as more:
            more.write("third\n")
        assert following.stdout.readline() == b"third\n"


def test_at_a_terminal_it_goes_both_ways_until_the_escape(terminal: Terminal) -> None:
    typed: list[bytes] = []
    terminal.connect(typed.append)
    terminal.show(b"login: ")
    keyboard, end = pty.openpty()
    with console(terminal, end) as sitting:
        assert sitting.stdout is not None
        assert sitting.stdout.read(7) == b"login: "
        os.write(keyboard, b"root\r\x03")
        wait_until("what was typed", lambda: b"".join(typed) == b"root\r\x03", within=5 * seconds)
        terminal.show(b"root\r\n")
        assert sitting.stdout.read(6) == b"root\r\n"
        os.write(keyboard, b"\x1d")
        assert sitting.wait(10) == 0
        assert sitting.stderr is not None
        assert sitting.stderr.read().splitlines() == [
            b"The console of node01 of t036 (" + name(terminal) + b"). Ctrl-] leaves it.",
            b"",
            b"Left.",
        ]
    os.close(keyboard)
    os.close(end)


def test_it_ends_with_the_lab(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "terminal")
    terminal.show(b"$ ")
    keyboard, end = pty.openpty()
    with console(terminal, end) as sitting:
        assert sitting.stdout is not None
        assert sitting.stdout.read(2) == b"$ "
        terminal.close()
        assert sitting.wait(10) == 0
    os.close(keyboard)
    os.close(end)


def name(terminal: Terminal) -> bytes:
    (folder,) = (path for path in (terminal.path.parent / "l").iterdir() if path.is_dir())
    return folder.name.encode()
