from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.machines.terminal import RECENT, Terminal
from harness.sandbox.waiting import wait_until
from harness.units import seconds


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    made = Terminal(tmp_path / "terminal")
    yield made
    made.close()


@contextmanager
def person(terminal: Terminal) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.settimeout(5)
        made.connect(str(terminal.path))
        yield made


def test_people_see_what_is_said_and_what_was_said_just_before(terminal: Terminal) -> None:
    terminal.show(b"x" * RECENT + b"login: ")
    with person(terminal) as one, person(terminal) as other:
        assert one.recv(2 * RECENT).endswith(b"x" * 9 + b"login: ")
        assert len(other.recv(2 * RECENT)) == RECENT
        terminal.show(b"root\r\n")
        assert one.recv(99) == other.recv(99) == b"root\r\n"


def test_what_they_type_arrives(terminal: Terminal) -> None:
    typed: list[bytes] = []
    terminal.connect(typed.append)
    with person(terminal) as one:
        one.sendall(b"\x03ls\r")
        wait_until("what was typed", lambda: b"".join(typed) == b"\x03ls\r", within=5 * seconds)


def test_a_keyboard_without_a_machine_does_no_harm(terminal: Terminal) -> None:
    def refuse(_typed: bytes) -> None:
        raise ConnectionError

    terminal.connect(refuse)
    with person(terminal) as one:
        one.sendall(b"ls\r")
        terminal.show(b"")
        with person(terminal) as other:
            terminal.show(b"still here")
            assert other.recv(99) == b"still here"


def test_who_does_not_read_is_sent_away_and_holds_nobody_up(terminal: Terminal) -> None:
    with person(terminal) as asleep, person(terminal) as awake:
        for _ in range(200):
            terminal.show(b"z" * RECENT)
            wait_until("all of it", lambda: awake.recv(RECENT), within=5 * seconds)
        asleep.settimeout(5)
        while asleep.recv(1 << 16):
            pass


def test_at_its_end_everybody_is_sent_away(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "terminal")
    with person(terminal) as one:
        terminal.show(b"hello")
        assert one.recv(99) == b"hello"
        terminal.close()
        assert one.recv(99) == b""
