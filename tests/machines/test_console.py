from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.machines.console import Console, ConsoleLine, _LineLog
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import milliseconds, seconds


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = Console(tmp_path / "console", tmp_path / "node01.console.log")
    yield made
    made.close()


@pytest.fixture
def machine(console: Console) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(str(console.path))
        yield end


def test_a_line_is_found_and_its_match_returned(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"harness: address 192.168.100.11\r\n")
    assert console.wait_for(r"address (\S+)", within=5 * seconds)[1] == "192.168.100.11"


def test_a_line_that_comes_while_waiting_is_seen_at_once(console: Console, machine: socket.socket) -> None:
    timer = threading.Timer(0.05, lambda: machine.sendall(b"ready\n"))
    timer.start()
    console.wait_for("ready", within=5 * seconds)
    timer.join()


def test_what_came_before_a_position_is_not_seen_again(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"login:\n")
    console.wait_for("login", within=5 * seconds)
    with pytest.raises(NotSeen, match="matches 'login'"):
        console.wait_for("login", start=len(console), within=20 * milliseconds)


def test_a_prompt_without_a_line_end_becomes_a_line(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"node01 login: ")
    console.wait_for("login:", within=5 * seconds)


def test_escape_sequences_are_taken_out(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"\x1b[2J\x1b[01;01H\x1b[=3h\x1b[0m\x1b[35mBdsDxe\x1b[0m: loading\r\n")
    console.wait_for("^BdsDxe: loading$", within=5 * seconds)


def test_the_log_has_a_time_for_each_line(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"one\ntwo\n")
    console.wait_for("two", within=5 * seconds)
    lines = console.log.read_text().splitlines()
    assert [line.split(" ")[1] for line in lines] == ["one", "two"]
    assert all(line.split("+")[0].count("T") == 1 for line in lines)


def test_a_machine_that_is_started_again_goes_on_in_the_same_log(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"first\n")
    console.wait_for("first", within=5 * seconds)
    machine.close()
    with socket.socket(socket.AF_UNIX) as again:
        again.connect(str(console.path))
        again.sendall(b"second\n")
        console.wait_for("second", within=5 * seconds)
    assert console.tail(2) == ["first", "second"]


def test_what_is_typed_reaches_the_machine(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"login:\n")
    console.wait_for("login", within=5 * seconds)
    console.send("root\n")
    machine.settimeout(5)
    assert machine.recv(10) == b"root\n"


def test_typing_to_nobody_is_an_error(console: Console) -> None:
    with pytest.raises(ConnectionError, match="no machine is connected"):
        console.send("x")


def test_a_failing_wait_shows_the_last_line(console: Console, machine: socket.socket) -> None:
    machine.sendall(b"kernel panic\n")
    console.wait_for("panic", within=5 * seconds)
    with pytest.raises(NotSeen, match="last seen: 'kernel panic'"):
        console.wait_for("login", within=20 * milliseconds)


def test_listeners_can_leave(console: Console, machine: socket.socket) -> None:
    seen: list[str] = []
    forget = console.on_line(lambda line: seen.append(line.text))
    machine.sendall(b"one\n")
    wait_until("the line", lambda: seen, within=5 * seconds)
    forget()
    machine.sendall(b"two\n")
    console.wait_for("two", within=5 * seconds)
    assert seen == ["one"]


@given(st.lists(st.binary(max_size=40), max_size=10))
def test_lines_do_not_depend_on_how_the_bytes_arrive(chunks: list[bytes]) -> None:
    def lines(parts: list[bytes]) -> list[str]:
        out: list[ConsoleLine] = []
        log = _LineLog(lambda _: None, out.append)
        for part in parts:
            log.feed(part)
        log.finish()
        return [line.text for line in out]

    whole = b"".join(chunks)
    assert lines(chunks) == lines([whole])
    assert all((line and line.isprintable()) or "\ufffd" in line or not line.isascii() for line in lines(chunks))


def test_lines_are_seen_though_the_disk_is_full_and_the_log_is_said_to_lack_them(tmp_path: Path) -> None:
    console = Console(tmp_path / "console", Path("/dev/full"))
    with socket.socket(socket.AF_UNIX) as end:
        end.connect(str(console.path))
        end.sendall(b"one\ntwo\n")
        console.wait_for("two", within=5 * seconds)
    assert console.tail() == ["(lines are missing from the log: No space left on device)", "one", "two"]
    console.close()
