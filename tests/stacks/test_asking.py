from __future__ import annotations

from threading import Event

import pytest

from harness.stacks.asking import Turns, as_answered, at_once, name_of, reading, writing
from harness.stacks.protocol import MaybeHappened, Member, Unavailable
from harness.stacks.reference.node.etcd import RefusedError, UncertainError
from harness.stacks.reference.node.https import NoAnswerError, NotSentError, UntrustedError

DID_NOT_HAPPEN = [NotSentError("x"), UntrustedError("x"), RefusedError("x", 14)]
NOBODY_KNOWS = [NoAnswerError("x"), UncertainError("x")]


@pytest.mark.parametrize("error", [*DID_NOT_HAPPEN, *NOBODY_KNOWS])
def test_a_read_that_fails_changed_nothing(error: Exception) -> None:
    with pytest.raises(Unavailable, match="x"), reading():
        raise error


@pytest.mark.parametrize("error", DID_NOT_HAPPEN)
def test_a_write_that_was_refused_did_not_happen(error: Exception) -> None:
    with pytest.raises(Unavailable, match="x"), writing():
        raise error


@pytest.mark.parametrize("error", NOBODY_KNOWS)
def test_a_write_without_an_answer_may_have_happened(error: Exception) -> None:
    with pytest.raises(MaybeHappened, match="x"), writing():
        raise error


def test_a_mistake_of_ours_passes_through() -> None:
    with pytest.raises(ZeroDivisionError), reading(), writing():
        raise ZeroDivisionError


def test_the_next_is_asked_only_when_nothing_happened() -> None:
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        if name.startswith("away"):
            raise Unavailable(f"{name}: refused")
        if name == "silent":
            raise MaybeHappened("silent: timed out")
        return name

    assert Turns(["away", "here", "unasked"]).ask(None, ask) == "here"
    assert asked == ["away", "here"]
    with pytest.raises(MaybeHappened, match="silent"):
        Turns(["away", "silent", "here"]).ask(None, ask)
    with pytest.raises(Unavailable, match="away1: refused; away2: refused"):
        Turns(["away1", "away2"]).ask(None, ask)
    with pytest.raises(Unavailable, match="no machine"):
        Turns([]).ask(None, ask)
    with pytest.raises(Unavailable, match="away: refused"):
        Turns(["here"]).ask("away", ask)


def test_who_answered_last_is_asked_first() -> None:
    away = {"a"}
    asked: list[str] = []

    def ask(name: str) -> str:
        asked.append(name)
        if name in away:
            raise Unavailable(name)
        return name

    turns = Turns("abc")
    assert [turns.ask(None, ask) for _ in range(2)] == ["b", "b"]
    away.add("b")
    assert turns.ask(None, ask) == "c"
    assert asked == ["a", "b", "b", "b", "a", "c"]


def test_the_slow_are_left_behind() -> None:
    released = Event()

    def ask(name: str) -> str:
        assert name == "quick" or released.wait(10)
        return name

    answers = as_answered(ask, ["slow", "quick"])
    assert next(answers) == "quick"
    answers.close()
    released.set()


def test_everyone_is_asked_and_answers_keep_their_order() -> None:
    assert at_once(lambda number: number * 2, [3, 1, 2]) == [6, 2, 4]
    assert at_once(lambda number: number, []) == []


def test_a_machine_is_named_by_itself_or_by_its_name() -> None:
    assert name_of("node01") == name_of(Member("node01", 1)) == "node01"
