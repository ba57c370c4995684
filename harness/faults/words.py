"""Faults and schedules as text, and back. Pure.

A line is ``at TIME FAULT ARGUMENT… [NAME=VALUE…] [for TIME]``; a ``#`` starts a comment, ``seed NUMBER`` stands alone::

    seed 7
    at 0s     isolate a            for 12s
    at 2s     impair a--b delay=50ms loss=1%  for 20s
    at 3.5s   split node01,node02 node03      for 8s

A fault's fields without a default are its arguments in order, names of several things are joined by commas, and the
fields with a default are given by name.
"""

from __future__ import annotations

import difflib
import shlex
from contextlib import contextmanager
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from harness.errors import Problem, SpecError
from harness.faults.catalogue import CATALOGUE
from harness.faults.schedule import Schedule, Step
from harness.topology.network_scalars import format_rate, parse_chance, parse_rate
from harness.topology.scalars import format_exactly, parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from dataclasses import Field
    from pathlib import Path

    from harness.faults.fault import Fault

THOUSAND = 1000
EXPECTED_FAULT = "FAULT ARGUMENT… [NAME=VALUE…]"
EXPECTED_LINE = f"at TIME {EXPECTED_FAULT} [for TIME]"


class Unreadable(ValueError):  # noqa: N818 - what the text is
    """Words that say no fault: every mistake in them, each with what was expected."""

    def __init__(self, *mistakes: tuple[str, str]) -> None:
        self.mistakes = mistakes
        super().__init__("; ".join(f"{message}, expected {expected}" for message, expected in mistakes))


def read(path: Path) -> Schedule:
    """Return the schedule of a file. Raises `SpecError` with every problem in it, `OSError`."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, source: str = "schedule") -> Schedule:
    """Return the schedule that a text says. Raises `SpecError` with every problem in it, each with its line."""
    steps: list[Step] = []
    seeds: list[int] = []
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
            if words and words[0] == "seed":
                seeds.append(_seed(words, seeds))
            elif words:
                steps.append(step_of(words))
        except ValueError as error:
            problems += [Problem(source, number, *mistake) for mistake in _mistakes(error, EXPECTED_LINE)]
    if problems:
        raise SpecError(problems)
    return Schedule(tuple(steps), next(iter(seeds), None))


def write(schedule: Schedule) -> str:
    """Return the text of a schedule; `parse` reads it back."""
    lines = [] if schedule.seed is None else [f"seed {schedule.seed}"]
    for step in schedule:
        lasts = "" if step.lasts is None else f" for {_duration(step.lasts)}"
        lines.append(f"at {_duration(step.at)} {describe(step.fault)}{lasts}")
    return "".join(f"{line}\n" for line in lines)


def describe(fault: Fault) -> str:
    """Return a fault in words, as a schedule has them."""
    words = [fault.word]
    for one in fields(fault):  # type: ignore[arg-type]  # every fault is a dataclass
        value = getattr(fault, one.name)
        if _is_argument(one):
            words.append(shlex.quote(_shown(one, value)))
        elif value != one.default:
            words.append(f"{one.name}={shlex.quote(_shown(one, value))}")
    return " ".join(words)


def step_of(words: list[str]) -> Step:
    """Return the step that the words of a line say. Raises `Unreadable`."""
    if words[0] != "at" or len(words) < 3:  # noqa: PLR2004 - at, a time, a fault
        raise Unreadable((f"{' '.join(words)!r} is no step", EXPECTED_LINE))
    lasts = None
    rest = words[2:]
    mistakes: list[tuple[str, str]] = []
    with _gathered(mistakes, EXPECTED_LINE):
        at = parse_duration(words[1])
    if len(rest) > 2 and rest[-2] == "for":  # noqa: PLR2004 - a fault, for, a time
        with _gathered(mistakes, EXPECTED_LINE):
            lasts = parse_duration(rest[-1])
        rest = rest[:-2]
    with _gathered(mistakes, EXPECTED_LINE):
        fault = fault_of(rest)
    if mistakes:
        raise Unreadable(*mistakes)
    return Step(at, fault, lasts)


def parse_fault(text: str) -> Fault:
    """Return the fault that a text says, as a schedule would have it. Raises `SpecError` with every mistake in it."""
    try:
        return fault_of(shlex.split(text))
    except ValueError as error:
        raise SpecError([Problem("fault", 1, *one) for one in _mistakes(error, EXPECTED_FAULT)]) from None


def fault_of(words: list[str]) -> Fault:
    """Return the fault that words say. Raises `Unreadable`."""
    word = words[0] if words else ""
    kind = CATALOGUE.get(word)
    if kind is None:
        near = difflib.get_close_matches(word, CATALOGUE, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise Unreadable((f"{word!r} is no fault{meant}", f"one of {', '.join(CATALOGUE)}"))
    declared = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # every fault is a dataclass
    arguments = [name for name, one in declared.items() if _is_argument(one)]
    given = [word for word in words[1:] if "=" not in word]
    named = [word.split("=", 1) for word in words[1:] if "=" in word]
    texts = dict(zip(arguments, given, strict=False)) | dict(named)
    if len(given) != len(arguments) or len(texts) != len(given) + len(named) or not texts.keys() <= declared.keys():
        raise Unreadable((f"{' '.join(words)!r} is no {kind.word}", usage(kind)))
    hints = get_type_hints(kind)
    values: dict[str, object] = {}
    mistakes: list[tuple[str, str]] = []
    for name, text in texts.items():
        example = EXAMPLES[declared[name].metadata.get("unit", "duration")]
        with _gathered(mistakes, f"one such as {example}", f"{name}: "):
            values[name] = _value(declared[name], hints[name], text)
    if not mistakes:
        with _gathered(mistakes, usage(kind)):
            return kind(**values)
    raise Unreadable(*mistakes)


def usage(kind: type[Fault]) -> str:
    """Return how to write a fault in a schedule."""
    every = fields(kind)  # type: ignore[arg-type]  # every fault is a dataclass
    arguments = [one.name.upper() for one in every if _is_argument(one)]
    options = [f"[{one.name}=…]" for one in every if not _is_argument(one)]
    return " ".join([kind.word, *arguments, *options])


def _seed(words: list[str], before: list[int]) -> int:
    if len(words) != 2 or not words[1].isdecimal():  # noqa: PLR2004 - the word and the number
        raise Unreadable((f"{' '.join(words)!r} is no seed", "seed NUMBER"))
    if before:
        raise Unreadable((f"the seed is {before[0]} already", "one seed"))
    return int(words[1])


@contextmanager
def _gathered(mistakes: list[tuple[str, str]], expected: str, where: str = "") -> Iterator[None]:
    """Add what is wrong with one part of a line to the others' mistakes, so that all are told at once."""
    try:
        yield
    except ValueError as error:
        mistakes += [(where + message, wanted) for message, wanted in _mistakes(error, expected)]


def _mistakes(error: ValueError, expected: str) -> tuple[tuple[str, str], ...]:
    if isinstance(error, Unreadable):
        return error.mistakes
    message, _, wanted = str(error).partition(", expected ")
    return ((message, wanted or expected),)


def _is_argument(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


READERS: dict[str, Callable[[object], object]] = {"chance": parse_chance, "rate": parse_rate}
EXAMPLES = {"chance": "2.5%", "rate": "10Mbps", "duration": "250ms"}


def _value(one: Field[Any], hint: object, text: str) -> object:
    """Return the value of a field that a text says. Raises `ValueError`."""
    if unit := one.metadata.get("unit"):
        return READERS[unit](text)
    options = get_args(hint)
    if hint is timedelta or timedelta in options:
        return parse_duration(text)
    if hint == tuple[str, ...]:
        names = tuple(text.split(","))
        if "" in names:
            raise ValueError(f"{text!r} leaves out a name, expected names joined by commas")
        return names
    if hint is int or int in options:
        if not text.isdecimal():
            raise ValueError(f"{text!r} is none, expected a whole number")
        return int(text)
    if hint is not str and options and text not in options:
        raise ValueError(f"{text!r} is none, expected one of {', '.join(map(str, options))}")
    return text


def _shown(one: Field[Any], value: object) -> str:
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, tuple):
        return ",".join(value)
    if one.metadata.get("unit") == "chance" and isinstance(value, float):
        return f"{value * 100:.9f}".rstrip("0").rstrip(".") + "%"
    if one.metadata.get("unit") == "rate" and isinstance(value, int):
        return format_rate(value).replace(" ", "")
    return str(value)


def _duration(duration: timedelta) -> str:
    """Return a duration without a space, in seconds from one second on, which is more easily read than thousands."""
    thousandths, rest = divmod(duration, timedelta(milliseconds=1))
    if rest or thousandths < THOUSAND:
        return format_exactly(duration).replace(" ", "")
    return f"{thousandths / THOUSAND:.3f}".rstrip("0").rstrip(".") + "s"
