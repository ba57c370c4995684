from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.machines.keeper import Keeper
from harness.sandbox.waiting import HEALTHY
from harness.units import milliseconds, seconds

WITHIN = 10 * seconds


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    made = Keeper(tmp_path / "keeper", tmp_path / "keeper.log", "node01", HEALTHY)
    yield made
    made.close()


def service(keeper: Keeper, answer: Callable[[list[str]], str]) -> socket.socket:
    """Connect a machine's end of the port, and answer each line on it."""
    port = socket.socket(socket.AF_UNIX)
    port.connect(str(keeper.path))

    def serve() -> None:
        with port.makefile("rw") as lines:
            for line in lines:
                lines.write(f"{answer(line.split())}\n")
                lines.flush()

    threading.Thread(target=serve, daemon=True).start()
    return port


def test_a_word_is_kept(keeper: Keeper) -> None:
    assert not keeper.is_there()
    with service(keeper, lambda words: f"kept {words[1]}"):
        keeper.keep("abc", within=WITHIN)
    assert keeper.is_there()
    keeper.forget()
    assert not keeper.is_there()


@pytest.mark.parametrize("word", ["abc", ""])
def test_waking_says_the_word_and_how_far_the_clock_is_off(keeper: Keeper, word: str) -> None:
    with service(keeper, lambda words: f"clock {float(words[1]) - 5} {word}"):
        woken = keeper.wake(within=WITHIN)
    assert woken.word == word
    assert 5 * seconds <= woken.behind < 15 * seconds


def test_it_is_told_our_time(keeper: Keeper) -> None:
    told: list[float] = []

    def answer(words: list[str]) -> str:
        told.append(float(words[1]))
        return f"clock {words[1]} x"

    with service(keeper, answer):
        keeper.wake(within=WITHIN)
    assert abs(told[0] - time.time()) < 20


def test_an_answer_to_another_question_is_none(keeper: Keeper) -> None:
    with service(keeper, lambda _: "kept other"), pytest.raises(LabError, match="node01: its keeper did not answer"):
        keeper.keep("abc", within=50 * milliseconds)


def test_nobody_there_is_an_error(keeper: Keeper) -> None:
    with pytest.raises(LabError, match=r"node01: its keeper did not answer 'clock "):
        keeper.wake(within=20 * milliseconds)
