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
    with service(keeper, lambda words: f"kept {words[1]} {time.time() - 5}"):
        kept = keeper.keep("abc", within=WITHIN)
    assert kept.word == "abc"
    assert kept.at_least <= 5 * seconds <= kept.behind < 15 * seconds
    assert keeper.is_there()
    keeper.forget()
    assert not keeper.is_there()


@pytest.mark.parametrize("word", ["abc", ""])
def test_advancing_says_the_word_and_how_far_the_clock_is_off(keeper: Keeper, word: str) -> None:
    told: list[list[str]] = []

    def answer(words: list[str]) -> str:
        told.append(words)
        return f"advanced {words[1]} {time.time() - 5} {word}"

    with service(keeper, answer):
        kept = keeper.advance(90 * seconds, within=WITHIN)
        keeper.advance(90 * seconds, within=WITHIN)
    assert kept.word == word
    assert 5 * seconds <= kept.behind < 15 * seconds
    assert {float(words[2]) for words in told} == {90}
    assert len({words[1] for words in told}) == 2, "who is asked again is asked for the same"


def test_a_machine_that_takes_long_to_tidy_is_asked_again_for_the_same(keeper: Keeper) -> None:
    told: list[str] = []

    def answer(words: list[str]) -> str:
        told.append(words[1])
        return f"tidied {words[1]}" if len(told) > 1 else "busy"

    with service(keeper, answer):
        keeper.tidy(within=WITHIN)
    assert len(told) >= 2
    assert len(set(told)) == 1


@pytest.mark.parametrize(
    "answer, seen", [(" chainfire=200 iam=503", {"chainfire": 200, "iam": 503}), ("", {}), (" iam=0", {"iam": 0})]
)
def test_a_machine_says_what_its_health_endpoints_answer(keeper: Keeper, answer: str, seen: dict[str, int]) -> None:
    done = {"dial": "dialled", "look": "looked"}
    with service(keeper, lambda words: f"{done[words[0]]} {words[1]}{answer if words[0] == 'look' else ''}"):
        keeper.dial(within=WITHIN)
        assert keeper.look(within=WITHIN) == seen


def test_a_clock_was_read_after_the_question_and_before_the_answer(keeper: Keeper) -> None:
    def late(words: list[str]) -> str:
        time.sleep(0.2)
        return f"advanced {words[1]} {time.time()} abc"

    with service(keeper, late):
        kept = keeper.advance(0 * seconds, within=WITHIN)
    assert kept.at_least <= -200 * milliseconds
    assert kept.behind >= 0 * seconds


@pytest.mark.parametrize("answer", ["kept other 1.5", "advanced abc 1.5 abc"])
def test_an_answer_to_another_question_is_none(keeper: Keeper, answer: str) -> None:
    with service(keeper, lambda _: answer), pytest.raises(LabError, match="node01: its keeper did not answer"):
        keeper.keep("abc", within=50 * milliseconds)


def test_nobody_there_is_an_error(keeper: Keeper) -> None:
    with pytest.raises(LabError, match=r"node01: its keeper did not answer 'advance "):
        keeper.advance(0 * seconds, within=20 * milliseconds)
