"""The scenario that shows an incident again, as files: a topology, a schedule, a test, and what is known."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.checks.invariants.elections import OneLeaderPerTerm
from harness.checks.invariants.ownership import OneDhcpServer
from harness.faults import words
from harness.faults.rogue_dhcp import RogueDhcp
from harness.faults.schedule import Schedule
from harness.incident.diagnosis import telling
from harness.incident.diagnosis.reach import MOMENTARY
from harness.incident.diagnosis.telling import moment, shortened
from harness.incident.inventory.identities import label
from harness.incident.scenario.leaders import leaders
from harness.incident.scenario.standing_in import standing_in
from harness.incident.scenario.topology_file import text_of
from harness.machines.namespace import NamespaceMachine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.faults.fault import Fault
    from harness.incident.diagnosis.telling import Told
    from harness.incident.finding import Finding

LINE = 110
SINCE = len("What was seen on 2026-11-21T17:36:09Z")
SHOWN_SIGNATURES = 4
DIALOGUE = "dialogue.pcapng"
BROKEN_BY_SIGNATURE = {"two leaders": OneLeaderPerTerm.name, "two DHCP servers": OneDhcpServer.name}
BROKEN_BY_FAULT: Mapping[type[Fault], str] = {RogueDhcp: OneDhcpServer.name}
"""The invariants of the wire that are broken on purpose; see docs/checks.md."""


@dataclass(frozen=True)
class Scenario:
    """A scenario's files, by their paths below its folder."""

    name: str
    files: Mapping[str, str | bytes]

    def write(self, folder: Path) -> None:
        """Write the files. Raises `OSError`."""
        for name, text in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())


def scenario(told: Told, name: str, folder: str) -> Scenario:
    """Return the scenario of an incident. Where nothing was seen there is nothing to look for, so there is no test.

    Where something was seen that no fault explains, the schedule has no step: the uncertain ones are comments in it.

    `folder` is where it will be, as its README says it.
    """
    slug = re.sub(r"\W+", "_", name).strip("_").lower() or "incident"
    name = label(re.sub(r"[._\W]+", "-", name)) or "incident"
    topology = told.record.topology
    if not told.given:  # one that was given keeps its name, so that checkpoints of it serve here, too
        topology = topology.model_copy(update={"name": name})
    files: dict[str, str | bytes] = {
        f"topologies/{name}.yaml": text_of(topology),
        "schedule.txt": schedule_text(told),
        "README.md": _readme(told, name, slug, folder),
    }
    if told.seen:
        files[f"test_{slug}.py"] = _test(told, name, slug)
        if told.booted is not None:
            files[DIALOGUE] = told.booted.capture
    return Scenario(name, files)


def schedule_text(told: Told) -> str:
    """Return the schedule, each step with its evidence as a comment; `harness.faults.words.parse` reads it."""
    diagnosis = told.diagnosis
    lines = [f"# {told.title}", f"# Times are after {moment(diagnosis.start)}; docs/faults.md has the words."]
    if not told.decided:
        lines += ["", "# Write here what you suspect, as in: at 3s isolate node01 for 10s"]
    for step, finding in diagnosis.suspected:
        lines += ["", f"# uncertain, confidence {finding.confidence:.2f}: {_in_a_comment(str(finding.evidence[0]))}"]
        lines.append(f"#{words.write(Schedule((step,))).rstrip()}")
    for step, finding in diagnosis.steps:
        lines += ["", f"# {telling.span(finding)}, confidence {finding.confidence:.2f}"]
        lines += [f"#   {_in_a_comment(each)}" for each in shortened(finding.evidence)]
        able, said = standing_in(step) if told.record.topology.stack is not None else (step, "")
        lines += [f"# {said}"] * bool(said)
        lines.append(words.write(Schedule((able,))).rstrip("\n"))
    return "".join(f"{line}\n" for line in lines)


def machines_for(told: Told) -> str:
    """Return which machines can have every fault of the schedule done to them: ``any``, or ``vm``."""
    needs = {need for step in told.diagnosis.schedule for need in step.fault.needs}
    return "any" if all(issubclass(NamespaceMachine, need) for need in needs) else "vm"


def seen_from(told: Told) -> tuple[str, ...]:
    """Return the machines at whose cables the incident was captured; all of those that form the cluster otherwise."""
    record = told.record
    single = {next(iter(machines)) for machines in record.sees.values() if len(machines) == 1}
    there = [machine.name for machine in record.topology.machines]
    return tuple(name for name in there if name in single) or tuple(there)


def _test(told: Told, name: str, slug: str) -> str:
    signature = told.seen[0][0].name
    return _filled(
        "test.py.j2",
        title=_title(told),
        name=name,
        slug=slug,
        machines=machines_for(told),
        signature=signature,
        breaks=", ".join(_quoted(one) for one in _broken(told, signature)),
        others=[one.name for one, _ in told.seen[1:SHOWN_SIGNATURES]],
        seen_from=_tuple(seen_from(told)),
        booting=told.booted.machine if told.booted is not None else None,
        dialogue=DIALOGUE,
        stack=told.record.topology.stack is not None,
        leaders=_leaders(told),
        quoted=_quoted,
    )


def _title(told: Told) -> str:
    """Return the incident in one line of Python's."""
    findings = told.diagnosis.findings
    title = told.title if len(told.title) <= LINE else f"{told.title[:SINCE]}, again: {len(findings)} faults."
    return title.replace('"""', "'''").replace("\\", "/")


def _leaders(told: Told) -> str:
    """Return who led when it began, as Python has it; empty where nobody knows."""
    findings = told.diagnosis.findings
    known = leaders(told.record, findings[0].began if findings else told.diagnosis.start)
    return json.dumps(known) if known else ""


def _broken(told: Told, signature: str) -> list[str]:
    """Return the invariants that have to break for the incident to come back."""
    by_faults = (BROKEN_BY_FAULT.get(type(step.fault)) for step in told.diagnosis.schedule)
    return sorted({one for one in (BROKEN_BY_SIGNATURE.get(signature), *by_faults) if one})


def _readme(told: Told, name: str, slug: str, folder: str) -> str:
    diagnosis = told.diagnosis
    return _filled(
        "README.md.j2",
        name=name,
        slug=slug,
        folder=folder,
        title=told.title,
        began=moment(told.record.began),
        ended=moment(told.record.ended),
        findings=[_row(one) for one in diagnosis.findings],
        doubtful=[_row(one) for one in diagnosis.doubtful],
        explained=[{**_row(one.finding), "cause": words.describe(one.cause.fault)} for one in diagnosis.explained],
        signatures=[
            {"name": one.name, "because": seen.because, "evidence": shortened(seen.evidence)} for one, seen in told.seen
        ],
        notes=[*(f"can't be told: {one}" for one in told.untold), *diagnosis.notes, *told.record.notes],
        unread=[str(one) for one in told.unread],
    )


def _row(one: Finding) -> dict[str, object]:
    return {
        "fault": words.describe(one.fault),
        "began": moment(one.began),
        "ended": moment(one.ended)
        if one.ended is not None
        else "at once"
        if one.fault.word in MOMENTARY
        else "not seen",
        "confidence": f"{one.confidence:.2f}",
        "evidence": [each.replace("|", "\\|") for each in shortened(one.evidence)],
    }


def _quoted(text: str) -> str:
    """Return a text as Python has it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def _tuple(names: tuple[str, ...]) -> str:
    inside = ", ".join(map(_quoted, names))
    return f"({inside},)" if len(names) == 1 else f"({inside})"


def _in_a_comment(text: str) -> str:
    return " ".join(text.split())


def _filled(template: str, **values: object) -> str:
    """Return a template with values, and without the empty lines of what is left out."""
    import jinja2  # noqa: PLC0415 - loaded when a scenario is written

    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("harness.incident.scenario"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Python and Markdown, no HTML
    )
    text = environment.get_template(template).render(values)
    return text if template.endswith(".py.j2") else re.sub(r"\n{3,}", "\n\n", text)
