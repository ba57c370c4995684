"""An input file as plain values, each of which knows its line.

Anchors, aliases and merge keys are worked out here; what they expand to is bounded.
"""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn

from harness.errors import Problem, SpecError
from harness.topology.location import render
from harness.topology.yaml_tree import MAX_DEPTH, Alias, Broken, Mapping, Scalar, Sequence, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.topology.location import Location
    from harness.topology.yaml_tree import Node

MAX_BYTES = 1 << 20
"""How long a file may be: a topology of a thousand machines takes a quarter of it."""

MAX_VALUES = 100_000
"""How many values a file may hold once its aliases are expanded."""


@dataclass(frozen=True)
class Spot:
    """The lines of a value: where its key (or list item) starts, and where it starts itself."""

    key: int
    value: int
    node: Node
    """What was written there; places that use one anchor share it."""


@dataclass(frozen=True)
class Source:
    """A file's values (dict, tuple, str, int, float, bool, None), and where they stand."""

    file: str
    data: object
    spots: dict[Location, Spot]
    problems: tuple[Problem, ...]
    """What is wrong with the file whatever it should mean, such as duplicate keys."""
    broken: frozenset[Location]
    """Values that these problems have made unreadable; they stand in `data` as None."""

    def spot(self, location: Location) -> Spot:
        """Return the lines of what stands at a location, or of the nearest thing around it."""
        while location not in self.spots:
            location = location[:-1]
        return self.spots[location]

    def line(self, location: Location) -> int:
        """Return the line to jump to for a location: a single value's own, else that of its key or list item."""
        spot = self.spot(location)
        own = location in self.spots and isinstance(spot.node, Scalar) and spot.node.text
        return spot.value if own else spot.key

    def problem(self, location: Location, message: str, expected: str, *, about: Location | None = None) -> Problem:
        """Return a problem at the line of a location, worded as one of what stands at `about` (the same by default)."""
        path = render(self.data, location if about is None else about)
        return Problem(self.file, self.line(location), f"{path}: {message}" if path else message, expected)


def read(path: Path) -> Source:
    """Return what a YAML file says. Raises `SpecError` for a file that can't be opened, is too long, or is no YAML."""
    file = str(path)
    root, problems = parse(_text(path, file), file)
    expansion = _Expansion(file)
    data = expansion.expand(root, (), root.line)
    return Source(file, data, expansion.spots, (*problems, *expansion.problems), frozenset(expansion.broken))


def _text(path: Path, file: str) -> str:
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        raise SpecError([Problem(file, 1, _refusal(error), "a file that can be read")]) from None
    if len(content) > MAX_BYTES:
        raise SpecError([Problem(file, 1, f"the file is longer than {MAX_BYTES >> 20} MiB", "a topology")])
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"byte 0x{content[error.start]:02x} is no UTF-8"
        raise SpecError([Problem(file, line, message, "a text file in UTF-8")]) from None


def _refusal(error: OSError | ValueError) -> str:
    if not isinstance(error, OSError):
        return f"no path: {error}"
    if error.errno == errno.ENOENT:
        return "no such file"
    return f"can't be read: {os.strerror(error.errno)}" if error.errno else f"can't be read: {error}"


@dataclass(frozen=True)
class _Pair:
    """A key's line and value, and the line of the alias or merge through which a mapping has it."""

    line: int
    value: Node
    use: int | None


@dataclass
class _Expansion:
    """Turns a tree into values and notes where each stands. `use` is the line of the alias through which it came."""

    file: str
    spots: dict[Location, Spot] = field(default_factory=dict)
    broken: set[Location] = field(default_factory=set)
    problems: set[Problem] = field(default_factory=set)
    visits: int = 0

    def expand(self, node: Node, location: Location, key: int, use: int | None = None) -> object:
        """Return the value of a node whose key is on line `key`. Raises `SpecError` where aliases expand too far."""
        if isinstance(node, Alias):
            return self.expand(node.target, location, key, use or node.line)
        self._visit(1, len(location), use or node.line)
        self.spots[location] = Spot(use or key, use or node.line, node)
        if isinstance(node, Scalar):
            return node.value
        if isinstance(node, Sequence):
            return tuple(self.expand(item, (*location, i), item.line, use) for i, item in enumerate(node.items))
        if isinstance(node, Mapping):
            pairs = self._pairs(node, use, len(location))
            return {name: self.expand(it.value, (*location, name), it.line, it.use) for name, it in pairs.items()}
        self.broken.add(location)
        return None

    def _pairs(self, node: Mapping, use: int | None, depth: int) -> dict[str, _Pair]:
        self._visit(len(node.pairs), depth, use or node.line)
        pairs = {key.text: _Pair(key.line, value, use) for key, value in node.pairs if not key.merge}
        for key, value in node.pairs:
            for base, via in self._bases(value, use) if key.merge else ():
                for name, pair in self._pairs(base, via, depth + 1).items():
                    pairs.setdefault(name, pair)
        return pairs

    def _bases(self, merged: Node, use: int | None) -> Iterator[tuple[Mapping, int | None]]:
        node, via = _follow(merged, use)
        for base in node.items if isinstance(node, Sequence) else (node,):
            target, through = _follow(base, via)
            if isinstance(target, Mapping):
                yield target, through
            elif not isinstance(target, Broken):
                self.problems.add(Problem(self.file, merged.line, "<< merges what is no mapping", "mappings"))

    def _visit(self, count: int, depth: int, line: int) -> None:
        self.visits += count
        if self.visits > MAX_VALUES:
            self._stop(line, f"the file holds more than {MAX_VALUES} values with its aliases expanded")
        if depth > MAX_DEPTH:
            self._stop(line, f"nested deeper than {MAX_DEPTH} levels with its aliases expanded")

    def _stop(self, line: int, message: str) -> NoReturn:
        raise SpecError([Problem(self.file, line, message, "a topology")])


def _follow(node: Node, use: int | None) -> tuple[Node, int | None]:
    return (node.target, use or node.line) if isinstance(node, Alias) else (node, use)
