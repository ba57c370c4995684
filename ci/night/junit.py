"""JUnit XML: what pytest wrote of a cell, and what the night adds to it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from night.outcome import CELL, Hits, Outcome
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

PHASE = "phase:"
VERDICT, BECAUSE = "verdict", "because"
SIGNATURE, HITS, RUNS = "signature", "signature-back", "signature-runs"
"""Names of properties, as `harness.plugin.properties` and `harness.incident.reproduction.outcome` have them."""

SUITE = "nightly"
LONGEST = 1e9
"""Seconds, thirty years: what is beyond was no duration."""

TAGS = {
    Verdict.FAILED: "failure",
    Verdict.FLAKY: "failure",
    Verdict.UNKNOWN: "failure",
    Verdict.SKIPPED: "skipped",
    Verdict.QUARANTINED: "skipped",
}
"""What a verdict is in JUnit XML, which has no more words. The property ``verdict`` has the right one."""


class Unreadable(Exception):  # noqa: N818 - the name says what it is
    """What should be JUnit XML is not there, or cut off, or something else."""


def read(path: Path) -> list[Outcome]:
    """Return how each scenario of a file ended, each once. Raises `Unreadable`.

    Of one that was interrupted pytest says nothing but how long it took; it has not ended.
    """
    worst: dict[str, Outcome] = {}
    for case in _parse(path).iter("testcase"):
        if case.get("name") is None:
            continue
        outcome = _outcome(case)
        before = worst.get(outcome.scenario)
        if before is None or (
            outcome.verdict.red and not before.verdict.red
        ):  # a failed tear-down is a case of its own
            worst[outcome.scenario] = outcome
    return list(worst.values())


def write(path: Path, outcomes: Iterable[Outcome], properties: Mapping[str, str]) -> None:
    """Write what a night made of a cell: every scenario with its verdict, and the properties of the cell itself.

    The file is there whole, or not at all. Quarantined failures are skips there that say so: whoever reads only JUnit
    sees them, and the night's colour.
    """
    suite = ET.Element("testsuite", name=properties.get("cell", SUITE))
    _add_properties(suite, properties)
    every = list(outcomes)
    for outcome in every:
        suite.append(_case(outcome))
    suite.set("tests", str(len(every)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    suite.set("time", f"{sum(one.took.total_seconds() for one in every):.3f}")
    root = ET.Element("testsuites", name=SUITE)
    root.append(suite)
    ET.indent(root)
    unfinished = path.with_name(f".{path.name}.unfinished")
    ET.ElementTree(root).write(unfinished, encoding="utf-8", xml_declaration=True)
    unfinished.replace(path)


def outcome_of(
    scenario: str, verdict: Verdict, because: str, took: timedelta, properties: Mapping[str, str]
) -> Outcome:
    """Return how a scenario ended, with what its properties say of phases and signatures."""
    phases = {name.removeprefix(PHASE): value for name, value in properties.items() if name.startswith(PHASE)}
    return Outcome(
        scenario,
        verdict,
        because,
        took,
        {name: timedelta(seconds=number(value)) for name, value in phases.items()},
        {name: value for name, value in properties.items() if not name.startswith(PHASE)},
        _hits(properties),
    )


def number(text: str | None) -> float:
    """Return the number that a text says, 0 where it says none that is a duration in seconds."""
    try:
        found = float(text or 0)
    except ValueError:
        return 0.0
    return found if 0 <= found < LONGEST else 0.0


def _parse(path: Path) -> ET.Element:
    try:
        root = ET.parse(path).getroot()  # noqa: S314 - our own pytest has written it
    except FileNotFoundError:
        raise Unreadable("pytest ended before it wrote any result") from None
    except (ET.ParseError, OSError, UnicodeDecodeError, LookupError) as error:
        raise Unreadable(f"the results are cut off or no JUnit XML: {error}") from error
    if root.tag not in ("testsuites", "testsuite"):
        raise Unreadable(f"the results are no JUnit XML: they begin with <{root.tag}>")
    return root


def _outcome(case: ET.Element) -> Outcome:
    properties = {str(one.get("name")): one.get("value") or "" for one in case.iterfind("properties/property")}
    verdict, because = _verdict(case, properties)
    took = timedelta(seconds=number(case.get("time")))
    return replace(outcome_of(_name(case), verdict, because, took, properties), details=_details(case))


def _verdict(case: ET.Element, properties: Mapping[str, str]) -> tuple[Verdict, str]:
    """Return how a scenario ended and why; what nobody can say is a failure to pytest."""
    because = properties.get(BECAUSE, "")
    for tag in ("failure", "error"):
        if (found := case.find(tag)) is not None:
            undecided = properties.get(VERDICT) == Verdict.UNKNOWN
            return Verdict.UNKNOWN if undecided else Verdict.FAILED, because or _first_line(found)
    if (found := case.find("skipped")) is not None:
        return Verdict.SKIPPED, because or _first_line(found)
    return Verdict.PASSED, ""


def _name(case: ET.Element) -> str:
    """Return the node id by which pytest would run it again: ``FILE::TEST``, or ``FILE::CLASS::TEST``.

    A file that could not be collected is a case that has no more than the file's dotted name.
    """
    classname, name = case.get("classname") or "", case.get("name") or "?"
    file = case.get("file")
    if file is None:
        return f"{classname.replace('.', '/')}.py::{name}" if classname else f"{name.replace('.', '/')}.py"
    classes = classname.removeprefix(file.removesuffix(".py").replace("/", ".")).strip(".")
    return "::".join([file, *(classes.split(".") if classes else ()), name])


def _hits(properties: Mapping[str, str]) -> Hits | None:
    """Return how often a signature came back; none where that is not said, or makes no sense."""
    try:
        hits, runs = int(properties[HITS]), int(properties[RUNS])
    except (KeyError, ValueError):
        return None
    return Hits(properties.get(SIGNATURE, ""), hits, runs) if 0 <= hits <= runs and runs else None


def _case(outcome: Outcome) -> ET.Element:
    file, _, name = outcome.scenario.partition("::")
    took = f"{outcome.took.total_seconds():.3f}"
    case = ET.Element("testcase", classname=file.removesuffix(".py"), name=name or CELL, time=took)
    told = {VERDICT: str(outcome.verdict)} | ({BECAUSE: outcome.because} if outcome.because else {})
    told |= {f"{PHASE}{phase}": f"{lasted.total_seconds():.3f}" for phase, lasted in outcome.phases.items()}
    if outcome.issue:
        told |= {"quarantine": outcome.issue}
    _add_properties(case, {**outcome.properties, **told})
    tag = TAGS.get(outcome.verdict)
    if tag is not None:
        inner = ET.SubElement(case, tag, message=_printable(f"{outcome.verdict}: {outcome.because}"))
        inner.text = _printable(outcome.details)
    return case


def _add_properties(element: ET.Element, properties: Mapping[str, str]) -> None:
    inner = ET.SubElement(element, "properties")
    for name, value in properties.items():
        ET.SubElement(inner, "property", name=_printable(name), value=_printable(value))


def _printable(text: str) -> str:
    """Return a text without what XML can't hold (Extensible Markup Language 1.0, section 2.2)."""
    return "".join(one if one.isprintable() or one in "\t\n" else "\ufffd" for one in text)


def _details(case: ET.Element) -> str:
    """Return all that pytest says of a failure."""
    return "\n\n".join(found.text or "" for tag in ("failure", "error") for found in case.iterfind(tag))


def _first_line(found: ET.Element) -> str:
    words = (found.get("message") or found.text or "").strip()
    return words.partition("\n")[0]
