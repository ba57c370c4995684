"""What is told of scenarios and labs: failures with their evidence, skips with the first cause, summaries."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import HostError, Inconclusive, LabError, SpecError
from harness.plugin import properties
from harness.plugin.marker import asks_for_a_lab, machines, wants_others
from harness.plugin.options import VIRTUAL
from harness.plugin.stash import REPRODUCED, broken_key, evidence_key, failed_key, lab_key, summaries_key

if TYPE_CHECKING:
    from collections.abc import Generator


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what can't run on the machines that were asked for, or needs a lab that broke, naming the first cause."""
    module = item.getparent(pytest.Module)
    if module is None or not asks_for_a_lab(item):
        return
    if wants_others(item):
        kind = "virtual" if machines(item) == VIRTUAL else "namespace"
        asked = item.config.getoption("--lab-machines")
        pytest.skip(f"needs {kind} machines: run without --lab-machines={asked}")
    if broken_key in module.stash:
        pytest.skip(f"the lab broke before: {module.stash[broken_key]}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Say, with a failure, where the evidence is; remember a lab that could not be set up.

    What the harness says of a lab or a host says it all; the traceback of our own code would only hide it.
    """
    if call.when == "teardown":
        properties.write(item, call)
    report = yield
    properties.note(item, call, report)
    if call.excinfo is not None and report.failed and (words := _own_words(call.excinfo.value)):
        report.longrepr = words
    module = item.getparent(pytest.Module)
    if module is None or not report.failed or not asks_for_a_lab(item):
        return report
    module.stash[failed_key] = True
    if evidence_key in module.stash:
        report.sections.append(("lab evidence", str(module.stash[evidence_key])))
    lab = item.config.stash.get(lab_key, None)
    if report.when == "setup" or (lab is not None and lab.alarm.rung):
        module.stash[broken_key] = f"{item.name}: {_first_line(call)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show what came back of incidents, and what each lab says of itself: its seed, how long its phases took."""
    reproduced = [
        f"{report.nodeid}: {told}"
        for reports in terminalreporter.stats.values()
        for report in reports
        if getattr(report, "when", None) == "call"
        for name, told in report.user_properties
        if name == REPRODUCED
    ]
    if reproduced:
        terminalreporter.section("incidents")
        for line in reproduced:
            terminalreporter.write_line(line)
    for evidence, summary in config.stash.get(summaries_key, {}).items():
        terminalreporter.section("lab")
        terminalreporter.write_line(summary)
        terminalreporter.write_line(f"evidence: {evidence}")


def _first_line(call: pytest.CallInfo[None]) -> str:
    words = str(call.excinfo.value) if call.excinfo is not None else ""
    return words.partition("\n")[0]


def _own_words(error: BaseException) -> str | None:
    """Return the messages of our own errors, together; None where anything else is among them."""
    errors = error.exceptions if isinstance(error, BaseExceptionGroup) else (error,)
    if all(isinstance(each, (LabError, HostError, SpecError, Inconclusive)) for each in errors):
        return "\n\n".join(map(str, errors))
    return None
