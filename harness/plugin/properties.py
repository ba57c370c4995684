"""What JUnit XML says of each scenario: on what it ran, how long each phase took, where its evidence is.

============  ==========================================================================================
property      value
============  ==========================================================================================
verdict       ``passed``, ``failed``, ``unknown`` (nobody can say), or ``skipped``
because       the first line of why, where it did not pass
topology      the lab's topology, and of the lab: ``seed``, ``machines``, ``network``, ``patience``
accelerator   of virtual machines, as ``firmware``
evidence      the lab's folder
phase:NAME    seconds: of each phase that the slowest machine took (``installed``), and from its power-on
              (``power-on to installed``); ``set-up`` where the lab was built for it; ``scenario``
============  ==========================================================================================

The same stands in the run's evidence, in ``scenarios.jsonl``, as soon as a scenario has ended.
The fixture ``reproduction`` adds how often a signature came back (see `harness.incident.reproduction.outcome`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import Inconclusive
from harness.plugin import marker, screen
from harness.plugin.options import VIRTUAL
from harness.plugin.stash import evidence_key, lab_key, told_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.lab import Lab
    from harness.trace.phases import PhaseLog, Reached

ENDED = "scenarios.jsonl"
"""In a run's evidence: a line for each scenario that has ended, for who is killed before JUnit XML is written."""

PHASE = "phase:"
SET_UP, SCENARIO = "set-up", "scenario"
SINCE_POWER_ON = "power-on to "
PASSED, FAILED, UNKNOWN, SKIPPED = "passed", "failed", "unknown", "skipped"

Facts = dict[str, str]
facts_key = pytest.StashKey[Facts]()
"""With a scenario: its properties by now."""


def note(item: pytest.Item, call: pytest.CallInfo[None], report: pytest.TestReport) -> None:
    """Note what is known after a scenario's set-up, or after itself; its lab is there then."""
    if not marker.asks_for_a_lab(item):
        return
    facts = item.stash.setdefault(facts_key, {})
    if report.when == "teardown":
        return
    _judge(facts, call, report.outcome)
    module = item.getparent(pytest.Module)
    if module is not None and evidence_key in module.stash:
        facts["evidence"] = str(module.stash[evidence_key])
    if report.when == "call":
        facts[f"{PHASE}{SCENARIO}"] = f"{report.duration:.3f}"
    lab = item.config.stash.get(lab_key, None)
    if lab is not None and module is not None:
        told = module.stash.setdefault(told_key, set())
        if report.when == "setup" and not told:
            facts[f"{PHASE}{SET_UP}"] = f"{report.duration:.3f}"
        told.add(("", SET_UP))
        facts |= _conditions(item, lab) | _phases(lab, told)


def write(item: pytest.Item, call: pytest.CallInfo[None]) -> None:
    """Give a scenario its properties, before its last report is made: JUnit XML takes them from there."""
    facts = item.stash.get(facts_key, None)
    if facts is None:
        return
    if call.excinfo is not None:
        _judge(facts, call, FAILED)
    item.user_properties += facts.items()
    if "evidence" in facts:
        _leave(item, Path(facts["evidence"]).parent / ENDED)


def verdict(outcome: str, error: BaseException | None) -> str:
    """Return the verdict on a scenario by its outcome in pytest and what it raised."""
    if outcome != FAILED or error is None:
        return outcome
    errors = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    return UNKNOWN if all(isinstance(one, Inconclusive) for one in errors) else FAILED


def in_a_line(words: str) -> str:
    """Return the first line of a message, and the next one where that is only its heading."""
    first, _, rest = words.partition("\n")
    return f"{first} {rest.partition(chr(10))[0].strip()}".rstrip() if first.endswith(":") else first


def durations(log: PhaseLog, told: set[tuple[str, str]]) -> dict[str, float]:
    """Return the seconds that the slowest machine took for each phase, and from its power-on to there.

    Phases that are `told` already, as a machine and a phase, are passed over; those that are returned are told then.
    """
    slowest: dict[str, float] = {}
    for machine in log.machines:
        reached = log.of(machine)
        for one in reached:
            if (machine, one.phase) not in told:
                told.add((machine, one.phase))
                for name, seconds in _lasted(one, reached):
                    slowest[name] = max(seconds, slowest.get(name, 0.0))
    return slowest


def _leave(item: pytest.Item, file: Path) -> None:
    """Add a scenario's properties to a file, or say why not. Workers may write at once: a line is one write."""
    line = json.dumps({"scenario": item.nodeid} | {name: str(value) for name, value in item.user_properties})
    try:
        with file.open("a") as lines:
            lines.write(f"{line}\n")
    except OSError as error:
        screen.tell(item.config, f"{item.nodeid} is missing in {file}: {error.strerror}")


def _judge(facts: Facts, call: pytest.CallInfo[None], outcome: str) -> None:
    error = call.excinfo.value if call.excinfo is not None else None
    if (found := verdict(outcome, error)) == PASSED:
        facts["verdict"] = found
    elif facts.get("verdict") != FAILED:  # a tear-down that fails after an undecided scenario has failed
        facts["verdict"] = found
        facts["because"] = in_a_line(str(error)) or type(error).__name__


def _conditions(item: pytest.Item, lab: Lab) -> Facts:
    from harness.network import kinds  # noqa: PLC0415 - there is a lab

    settings = lab.workbench.settings
    facts = {
        "topology": lab.topology.name,
        "seed": str(lab.seed),
        "machines": marker.machines(item),
        "network": kinds.SWITCH if settings.network == kinds.AUTO else settings.network,
        "patience": f"{lab.patience.factor:.2f}",
    }
    if facts["machines"] == VIRTUAL:
        facts |= {"accelerator": lab.workbench.accelerator.value, "firmware": settings.firmware.value}
    return facts


def _phases(lab: Lab, told: set[tuple[str, str]]) -> Facts:
    """Return the phases that machines have reached since the scenario before; only virtual machines have any."""
    log: PhaseLog | None = getattr(lab, "phases", None)
    found = durations(log, told) if log is not None else {}
    return {f"{PHASE}{name}": f"{seconds:.3f}" for name, seconds in found.items()}


def _lasted(one: Reached, reached: tuple[Reached, ...]) -> Iterator[tuple[str, float]]:
    from harness.trace.phases import POWERED_ON  # noqa: PLC0415 - there is a lab

    yield one.phase, one.took.total_seconds()
    on = next((before for before in reached if before.phase == POWERED_ON), None)
    if on is not None and on.at < one.at:
        yield f"{SINCE_POWER_ON}{one.phase}", (one.at - on.at).total_seconds()
