"""From a file's plain values to a model: every value that is wrong, and a model of the rest.

What is wrong is replaced by stand-ins, so that the checks of the whole can still run; they must then leave out what
rests on a stand-in (`Validated.knows`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from harness.topology.fields import expectation, keys, optional, stand_in
from harness.topology.location import outwards
from harness.topology.wording import choice, nearest, quote, show, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pydantic_core import ErrorDetails

    from harness.errors import Problem
    from harness.topology.location import Location
    from harness.topology.yaml_source import Source

M = TypeVar("M", bound=BaseModel)

UNKNOWN_KEY = "extra_forbidden"
MISSING_KEY = "missing"
OWN_REASON = "value_error"
REASONS = {
    "greater_than_equal": "is out of range",
    "less_than_equal": "is out of range",
    "literal_error": "is unknown",
}


@dataclass(frozen=True)
class Validated(Generic[M]):
    """What a source says: the model (None where nothing can be made of it), and what is wrong with which values."""

    model: M | None
    problems: tuple[Problem, ...]
    holes: frozenset[Location]
    """Places where the model holds a stand-in or a default instead of what the file means."""

    def knows(self, location: Location) -> bool:
        """Return whether what the model holds at a location is what the file says."""
        return self.holes.isdisjoint(outwards(location))


def validate(kind: type[M], source: Source) -> Validated[M]:
    """Return what a source says in terms of a model, with every problem of its keys, types and values."""
    try:
        return Validated(kind.model_validate(source.data), (), source.broken)
    except ValidationError as error:
        errors = _innermost(error.errors(include_url=False))
    meant = {error["loc"]: _meant(kind, error["loc"]) for error in errors if error["type"] == UNKNOWN_KEY}
    holes = source.broken.union((error["loc"] for error in errors), *(_left_out(kind, source, key) for key in meant))
    misspelt = {(*key[:-1], name) for key, name in meant.items() if name is not None}
    fresh = [error for error in errors if source.broken.isdisjoint(outwards(error["loc"]))]
    said = [error for error in fresh if error["type"] != MISSING_KEY or error["loc"] not in misspelt]
    return Validated(_salvaged(kind, source.data, holes), tuple(_problems(kind, source, said)), holes)


def _innermost(errors: Sequence[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out what follows from errors further in: pydantic calls a list whose items are wrong too short as well."""
    around = {outer for error in errors for outer in outwards(error["loc"]) if outer != error["loc"]}
    return [error for error in errors if error["loc"] not in around]


def _meant(kind: type[BaseModel], unknown: Location) -> str | None:
    return nearest(str(unknown[-1]), keys(kind, unknown[:-1]))


def _left_out(kind: type[BaseModel], source: Source, unknown: Location) -> Iterator[Location]:
    """Yield the known keys beside an unknown one that the file leaves out and that may have been meant."""
    near = _meant(kind, unknown)
    for name in keys(kind, unknown[:-1]):
        if (*unknown[:-1], name) not in source.spots and near in {None, name}:
            yield (*unknown[:-1], name)


def _problems(kind: type[BaseModel], source: Source, errors: Sequence[ErrorDetails]) -> Iterator[Problem]:
    """Word the errors, each once for all the places that share it through an anchor."""
    said = set()
    for error in errors:
        about, message, expected = _words(kind, error)
        subject = (source.spot(error["loc"]).node, message, expected)
        if subject not in said:
            said.add(subject)
            yield source.problem(error["loc"], message, expected, about=about)


def _words(kind: type[BaseModel], error: ErrorDetails) -> tuple[Location, str, str]:
    """Return what the error is about, what is wrong, and what was expected."""
    location, value = error["loc"], show(error["input"])
    if error["type"] == UNKNOWN_KEY:
        key, known = str(location[-1]), keys(kind, location[:-1])
        return location[:-1], f"unknown key {quote(key)}{suggestion(key, known)}", choice(known)
    wanted = expectation(kind, location)
    if error["type"] == MISSING_KEY:
        return location[:-1], f"key {quote(str(location[-1]))} is missing", wanted
    if error["type"] == OWN_REASON:
        return location, str(error["ctx"]["error"]), wanted
    return location, f"{value} {REASONS.get(error['type'], 'stands here')}", wanted


def _salvaged(kind: type[M], data: object, holes: frozenset[Location]) -> M | None:
    try:
        return kind.model_validate(_filled(kind, data, holes, ()))
    except ValidationError:
        return None


def _filled(kind: type[BaseModel], value: object, holes: frozenset[Location], location: Location) -> object:
    if location in holes:
        return stand_in(kind, location)
    if isinstance(value, dict):
        places = ((name, (*location, name)) for name in keys(kind, location))
        kept = ((name, at) for name, at in places if _stays(kind, value, holes, at))
        return {name: _filled(kind, value.get(name), holes, at) for name, at in kept}
    if isinstance(value, tuple):
        return tuple(_filled(kind, item, holes, (*location, i)) for i, item in enumerate(value))
    return value


def _stays(kind: type[BaseModel], mapping: dict[str, object], holes: frozenset[Location], at: Location) -> bool:
    return not optional(kind, at) if at in holes else at[-1] in mapping
