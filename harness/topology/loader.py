"""From a file to a topology, or to everything that is wrong with the file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.errors import SpecError
from harness.topology.check import check
from harness.topology.location import render
from harness.topology.model import Topology
from harness.topology.validation import validate
from harness.topology.yaml_source import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.errors import Problem
    from harness.topology.location import Location
    from harness.topology.validation import Validated
    from harness.topology.yaml_source import Source


def load(path: Path) -> Topology:
    """Return the topology of a YAML file.

    Raises `SpecError` with every problem of the file: syntax alone where it is no YAML; else keys, types and values,
    and those findings of `harness.topology.check` that do not rest on what could not be read.
    """
    source = read(path)
    validated = validate(Topology, source)
    problems = [*source.problems, *validated.problems, *_findings(source, validated)]
    if problems or validated.model is None:
        raise SpecError(problems)
    return validated.model


def _findings(source: Source, validated: Validated[Topology]) -> Iterator[Problem]:
    for finding in check(validated.model) if validated.model is not None else ():
        if all(validated.knows(ground) for ground in finding.grounds):
            yield source.problem(finding.location, finding.message + _see(source, finding.see), finding.expected)


def _see(source: Source, other: Location | None) -> str:
    if other is None:
        return ""
    path = render(source.data, other)
    return f" (see {path}, line {source.line(other)})" if other in source.spots else f" (see the default of {path})"
