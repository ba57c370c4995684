"""TOML files whose every table knows its line, so that what is wrong in them is told where it is.

`tomllib` forgets lines. They are found again by reading the text for the headers of tables and for keys, which here
begin a line; a key in the middle of a line is told by the line of its table.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from harness.errors import Problem, SpecError
from harness.topology.wording import choice, show, suggestion

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

HEADER = re.compile(r"\s*(?P<open>\[\[?)\s*(?P<name>[A-Za-z0-9_.\"-]+)\s*\]\]?")
KEY = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+)\s*=")
AT_LINE = re.compile(r" \(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


@dataclass
class Table:
    """A table of a file: its values, and the lines where it and they stand. What is wrong is added to `problems`."""

    file: str
    line: int
    values: dict[str, Any]
    lines: dict[str, int]
    problems: list[Problem]

    def wrong(self, message: str, expected: str, key: str = "") -> None:
        """Note what is wrong with a key's value, or with the whole table."""
        self.problems.append(Problem(self.file, self.lines.get(key, self.line), message, expected))

    def only(self, known: Collection[str]) -> None:
        """Note every key that is not known."""
        for key in self.values.keys() - set(known):
            words = sorted(known)
            self.wrong(f"unknown key {key!r}{suggestion(key, words)}", choice(words), key)

    def text(self, key: str, what: str, *, default: str | None = None) -> str:
        """Return a text that is not empty; the default, or nothing, where there is none."""
        value = self.values.get(key, default)
        if isinstance(value, str) and value.strip():
            return value
        if value is None:
            self.wrong(f"no {key}", what)
        else:
            self.wrong(f"{key} is {show(value)}", what, key)
        return ""

    def texts(self, key: str, what: str, *, default: str | None = None) -> tuple[str, ...]:
        """Return texts: a list of them, or a single one."""
        value = self.values.get(key, default)
        if isinstance(value, list) and value and all(isinstance(one, str) and one for one in value):
            return tuple(value)
        return (text,) if (text := self.text(key, what, default=default)) else ()

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.values.get(key, default)
        if not isinstance(value, bool):
            self.wrong(f"{key} is {show(value)}", "true or false", key)
            return default
        return value


@dataclass
class Source:
    """A file, read. Its problems are raised together, by `finish`."""

    file: str
    tables: dict[str, list[Table]]
    top: Table
    problems: list[Problem] = field(default_factory=list)

    def each(self, name: str) -> list[Table]:
        """Return the tables of an array, none where there is none."""
        return self.tables.get(name, [])

    def finish(self) -> None:
        """Raise `SpecError` with all that was wrong, where anything was."""
        if self.problems:
            raise SpecError(self.problems)


def read(path: Path, *, arrays: Collection[str], tables: Collection[str] = ()) -> Source:
    """Read a file that has these arrays of tables, and these single tables, at its top and nothing else.

    A table below a single one, as ``[axes.network]``, is a value of it. Raises `SpecError` for what is no TOML, and
    for a file that can't be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SpecError([Problem(str(path), 1, f"can't be read: {error}", "a TOML file in UTF-8")]) from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError([_no_toml(path, text, error)]) from error
    places, problems = _Places(text), list[Problem]()
    top = Table(str(path), 1, values, places.of_top(), problems)
    top.only({*arrays, *tables})
    found: dict[str, list[Table]] = {}
    for name in values.keys() & {*arrays, *tables}:
        entries, expected = (
            (values[name], f"tables headed [[{name}]]") if name in arrays else ([values[name]], "a table")
        )
        if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
            top.wrong(f"{name} is {show(values[name])}", expected, name)
            continue
        for number, entry in enumerate(entries):
            line = places.lines.get((name, number, ""), top.lines.get(name, 1))
            found.setdefault(name, []).append(Table(str(path), line, entry, places.of(name, number), problems))
    return Source(str(path), found, top, problems)


class _Places:
    """Where things stand in a text: the line of each table's name, which one of that name it is, and key."""

    def __init__(self, text: str) -> None:
        self.lines = dict(_lines(text))

    def of_top(self) -> dict[str, int]:
        """Return the lines of what is at the top: keys, and the first table of each name."""
        first = {
            name.partition(".")[0]: line for (name, _, key), line in reversed(self.lines.items()) if name and not key
        }
        return first | {key: line for (name, _, key), line in self.lines.items() if not name}

    def of(self, table: str, number: int) -> dict[str, int]:
        """Return the lines of what is in a table: its keys, and tables below it."""
        own = {key: line for (name, at, key), line in self.lines.items() if (name, at) == (table, number) and key}
        below = {name: line for (name, _, key), line in self.lines.items() if name.startswith(f"{table}.") and not key}
        return own | {name.removeprefix(f"{table}."): line for name, line in below.items()}


def _lines(text: str) -> Iterator[tuple[tuple[str, int, str], int]]:
    """Yield where each table begins and each key stands: its table's name, which one of that name, and the key."""
    count: dict[str, int] = {}
    name = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := HEADER.match(line):
            name = header["name"].replace('"', "")
            count[name] = count.get(name, -1) + 1
            yield (name, count[name], ""), number
        elif key := KEY.match(line):
            yield (name, count.get(name, 0), key["key"]), number


def _no_toml(path: Path, text: str, error: tomllib.TOMLDecodeError) -> Problem:
    at = AT_LINE.search(str(error))
    line = int(at["line"]) if at and at["line"] else max(1, text.count("\n"))
    return Problem(str(path), line, AT_LINE.sub("", str(error)), "TOML (toml.io)")
