"""From YAML text to a tree whose every node knows its line.

ruamel.yaml's parser supplies the events; the tree is ours, so that duplicate keys, aliases and lines are, too.
Nesting is bounded while reading, before anything recurses over the tree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NoReturn, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from harness.errors import Problem, SpecError
from harness.topology.wording import quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ruamel.yaml.events import Event

MAX_DEPTH = 64
"""How deep a file may nest: far deeper than a topology does, far shallower than Python's stack."""

MERGE = "<<"
CORE_TAGS = {
    ScalarEvent: "tag:yaml.org,2002:str",
    SequenceStartEvent: "tag:yaml.org,2002:seq",
    MappingStartEvent: "tag:yaml.org,2002:map",
}
NULLS = {"", "~", "null", "Null", "NULL"}
BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
# The bound on digits keeps clear of Python's own (4300); what is longer stays text, and is refused as such.
INTEGER = re.compile(r"[-+]?[0-9]{1,400}")
RADIX = re.compile(r"0o[0-7]{1,400}|0x[0-9a-fA-F]{1,400}")
FLOAT = re.compile(
    r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*)([eE][-+]?[0-9]+)?|[-+]?[0-9]+[eE][-+]?[0-9]+"
    r"|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
)


@dataclass(frozen=True, eq=False)
class Scalar:
    """A single value; `merge` says that it is the key `<<`, unquoted."""

    line: int
    text: str
    value: object
    merge: bool = False


@dataclass(frozen=True, eq=False)
class Sequence:
    """A list."""

    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, eq=False)
class Mapping:
    """A mapping: each key once, but for `<<`."""

    line: int
    pairs: tuple[tuple[Scalar, Node], ...]


@dataclass(frozen=True, eq=False)
class Alias:
    """A place where an anchored node is used again."""

    line: int
    target: Node


@dataclass(frozen=True, eq=False)
class Broken:
    """A place whose problem has been reported."""

    line: int


Node: TypeAlias = Scalar | Sequence | Mapping | Alias | Broken


@dataclass
class _Frame:
    """A collection that is being read."""

    start: SequenceStartEvent | MappingStartEvent
    line: int
    children: list[Node] = field(default_factory=list)


def parse(text: str, file: str) -> tuple[Node, list[Problem]]:
    """Return the tree of a YAML 1.2 document, and what is wrong with it that still leaves a tree.

    Raises `SpecError` for text that is no YAML, nests deeper than `MAX_DEPTH`, or holds no document at all.
    """
    reader = _Reader(text, file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            reader.take(event)
    except YAMLError as error:
        raise SpecError([*reader.problems, _syntax_problem(error, reader)]) from None
    if reader.root is None:
        raise SpecError([Problem(file, 1, "the file is empty", "a mapping")])
    return reader.root, reader.problems


def resolve(text: str) -> object:
    """Return what a plain scalar stands for under the core schema (YAML 1.2.2, section 10.3.2)."""
    if text in NULLS:
        return None
    if text in BOOLEANS:
        return BOOLEANS[text]
    if INTEGER.fullmatch(text):
        return int(text)
    if RADIX.fullmatch(text):
        return int(text, base=0)
    if FLOAT.fullmatch(text):
        return float(re.sub(r"\.(?=inf|nan)", "", text.lower()))
    return text


class _Reader:
    """Builds the tree, event by event."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.root: Node | None = None
        self._newlines = [match.start() for match in re.finditer("\n", text)]
        self._last_line = max(1, len(self._newlines) + (not text.endswith("\n")))
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Node] = {}

    def line(self, index: int) -> int:
        """Return the line of a character as editors count it: by line feeds, not by all that YAML calls a break."""
        return min(bisect_left(self._newlines, index) + 1, self._last_line)

    def take(self, event: Event) -> None:
        """Take the next event of the document. Raises `SpecError` for nesting too deep and for a second document."""
        line = self.line(event.start_mark.index)
        match event:
            case DocumentStartEvent() if self.root is not None:
                self._stop(line, "a second document starts here", "one document in a file")
            case MappingStartEvent() | SequenceStartEvent():
                self._open(event, line)
            case CollectionEndEvent():
                self._close()
            case AliasEvent():
                self._place(self._alias(event.anchor, line))
            case ScalarEvent():
                self._place(self._scalar(event, line), event.anchor)

    def _open(self, event: SequenceStartEvent | MappingStartEvent, line: int) -> None:
        if len(self._frames) == MAX_DEPTH:
            self._stop(line, f"nested deeper than {MAX_DEPTH} levels", "a topology")
        self._frames.append(_Frame(event, line))

    def _close(self) -> None:
        # An anchor counts from here on, so that nothing can contain itself.
        frame = self._frames.pop()
        self._place(self._collection(frame), frame.start.anchor)

    def _place(self, node: Node, anchor: str | None = None) -> None:
        if anchor is not None:
            self._anchors[anchor] = node
        if self._frames:
            self._frames[-1].children.append(node)
        else:
            self.root = node

    def _collection(self, frame: _Frame) -> Node:
        if not self._understood(frame.start, frame.line):
            return Broken(frame.line)
        if isinstance(frame.start, SequenceStartEvent):
            return Sequence(frame.line, tuple(frame.children))
        return Mapping(frame.line, tuple(self._pairs(frame.children)))

    def _pairs(self, children: list[Node]) -> Iterator[tuple[Scalar, Node]]:
        first: dict[str, int] = {}
        for key, value in zip(children[::2], children[1::2], strict=True):
            scalar = key.target if isinstance(key, Alias) else key
            if not isinstance(scalar, Scalar):
                if not isinstance(scalar, Broken):
                    self._report(key.line, "a list or a mapping stands here as a key", "a word")
            elif scalar.text in first:
                again = f"duplicate key {quote(scalar.text)}, first on line {first[scalar.text]}"
                self._report(key.line, again, "each key once")
            else:
                first[scalar.text] = key.line
                yield replace(scalar, line=key.line), value

    def _scalar(self, event: ScalarEvent, line: int) -> Node:
        if not self._understood(event, line):
            return Broken(line)
        text: str = event.value
        if event.tag is None and event.implicit[0]:
            return Scalar(line, text, resolve(text), merge=text == MERGE)
        return Scalar(line, text, text)

    def _alias(self, anchor: str, line: int) -> Node:
        if anchor in self._anchors:
            return Alias(line, self._anchors[anchor])
        self._report(line, f"alias {quote('*' + anchor)} has no anchor", "an anchor at a value that ends before it")
        return Broken(line)

    def _understood(self, event: ScalarEvent | SequenceStartEvent | MappingStartEvent, line: int) -> bool:
        if event.tag in {None, "!", CORE_TAGS[type(event)]}:
            return True
        self._report(line, f"tag {quote(event.tag)} has no meaning here", "a value without a tag")
        return False

    def _report(self, line: int, message: str, expected: str) -> None:
        self.problems.append(Problem(self.file, line, message, expected))

    def _stop(self, line: int, message: str, expected: str) -> NoReturn:
        raise SpecError([*self.problems, Problem(self.file, line, message, expected)])


def _syntax_problem(error: YAMLError, reader: _Reader) -> Problem:
    if isinstance(error, ReaderError):
        what = f"character U+{error.character:04X} can't stand in YAML"
        return Problem(reader.file, reader.line(error.position), what, "printable text")
    if not isinstance(error, MarkedYAMLError):
        return Problem(reader.file, 1, f"no YAML: {_one_line(error)}", "YAML 1.2")
    mark = error.problem_mark or error.context_mark
    what = ": ".join(_one_line(part) for part in (error.context, error.problem) if part)
    return Problem(reader.file, reader.line(mark.index) if mark else 1, f"no YAML: {what}", _syntax_hint(error, reader))


def _syntax_hint(error: MarkedYAMLError, reader: _Reader) -> str:
    if "'\\t'" in str(error.problem):
        return "spaces: YAML indents by spaces alone"
    if error.context_mark is None:
        return "YAML 1.2"
    line = reader.line(error.context_mark.index)
    return f"the indentation of line {line}" if "block" in str(error.context) else f"the end of what line {line} starts"


def _one_line(text: object) -> str:
    return " ".join(str(text).split())
