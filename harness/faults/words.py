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
from dataclasses import MISSING, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

from harness.errors import Problem, SpecError
from harness.faults.catalogue import CATALOGUE
from harness.faults.schedule import Schedule, Step
from harness.topology.network_scalars import format_rate, parse_chance, parse_rate
from harness.topology.scalars import format_exactly, parse_duration, parse_size

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import Field
    from pathlib import Path

    from harness.faults.fault import Fault

THOUSAND = 1000
EXPECTED_LINE = "at TIME FAULT ARGUMENT… [NAME=VALUE…] [for TIME]"


class Unreadable(ValueError):  # noqa: N818 - what the text is
    """Words that say no fault, and what was expected."""

    def __init__(self, message: str, expected: str) -> None:
        self.expected = expected
        super().__init__(message)


def read(path: Path) -> Schedule:
    """Return the schedule of a file. Raises `SpecError` with every problem in it, `OSError`."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, source: str = "schedule") -> Schedule:
    """Return the schedule that a text says. Raises `SpecError` with every problem in it, each with its line."""
    steps: list[Step] = []
    seed: int | None = None
    problems: list[Problem] = []
    for number, line in enumerate(text.splitlines(), 1):
        try:
            words = shlex.split(line, comments=True)
            if not words:
                continue
            if words[0] == "seed":
                seed = _seed(words)
            else:
                steps.append(step_of(words))
        except Unreadable as error:
            problems.append(Problem(source, number, str(error), error.expected))
        except ValueError as error:
            problems.append(Problem(source, number, str(error), EXPECTED_LINE))
    if problems:
        raise SpecError(problems)
    return Schedule(tuple(steps), seed)


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
    """Return the step that the words of a line say. Raises `Unreadable`, `ValueError`."""
    if words[0] != "at" or len(words) < 3:  # noqa: PLR2004 - at, a time, a fault
        raise Unreadable(f"{' '.join(words)!r} is no step", EXPECTED_LINE)
    lasts = None
    rest = words[2:]
    if len(rest) > 2 and rest[-2] == "for":  # noqa: PLR2004 - a fault, for, a time
        lasts, rest = parse_duration(rest[-1]), rest[:-2]
    return Step(parse_duration(words[1]), fault_of(rest), lasts)


def fault_of(words: list[str]) -> Fault:
    """Return the fault that words say. Raises `Unreadable`, `ValueError`."""
    kind = CATALOGUE.get(words[0])
    if kind is None:
        near = difflib.get_close_matches(words[0], CATALOGUE, 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        raise Unreadable(f"{words[0]!r} is no fault{meant}", f"one of {', '.join(CATALOGUE)}")
    declared = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # every fault is a dataclass
    arguments = [one for one in declared.values() if _is_argument(one)]
    given = [word for word in words[1:] if "=" not in word]
    named = dict(word.split("=", 1) for word in words[1:] if "=" in word)
    if len(given) != len(arguments) or not named.keys() <= declared.keys() - {one.name for one in arguments}:
        raise Unreadable(f"{' '.join(words)!r} is no {kind.word}", usage(kind))
    texts = dict(zip((one.name for one in arguments), given, strict=True)) | named
    hints = get_type_hints(kind)
    try:
        return kind(**{name: _value(declared[name], hints[name], text) for name, text in texts.items()})
    except ValueError as error:
        raise Unreadable(str(error), usage(kind)) from None


def usage(kind: type[Fault]) -> str:
    """Return how to write a fault in a schedule."""
    every = fields(kind)  # type: ignore[arg-type]  # every fault is a dataclass
    arguments = [one.name.upper() for one in every if _is_argument(one)]
    options = [f"[{one.name}=…]" for one in every if not _is_argument(one)]
    return " ".join([kind.word, *arguments, *options])


def _seed(words: list[str]) -> int:
    if len(words) != 2 or not words[1].isdecimal():  # noqa: PLR2004 - the word and the number
        raise Unreadable(f"{' '.join(words)!r} is no seed", "seed NUMBER")
    return int(words[1])


def _is_argument(one: Field[Any]) -> bool:
    return one.default is MISSING and one.default_factory is MISSING


READERS: dict[str, Callable[[object], object]] = {"chance": parse_chance, "rate": parse_rate, "size": parse_size}


def _value(one: Field[Any], hint: object, text: str) -> object:
    """Return the value of a field that a text says. Raises `ValueError`."""
    if unit := one.metadata.get("unit"):
        return READERS[unit](text)
    options = get_args(hint)
    if hint is timedelta or timedelta in options:
        return parse_duration(text)
    if hint == tuple[str, ...]:
        return tuple(name for name in text.split(",") if name)
    if hint is int or int in options:
        if not text.isdecimal():
            raise ValueError(f"{one.name} is {text!r}, which is no whole number")
        return int(text)
    if hint is not str and options and text not in options:
        raise ValueError(f"{one.name} is {text!r}, expected one of {', '.join(map(str, options))}")
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
