"""The invariants of a lab's cluster, looked at after each scenario: on the wire, whatever the scenario is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.errors import LabError
from harness.plugin.marker import asks_for_a_lab
from harness.plugin.stash import lab_key, violated_key

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from harness.checks.verdict import Verdict
    from harness.lab import Lab

BREAKS = "breaks"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a scenario in which an invariant was broken that held before.

    What can't be decided is no failure: ``invariants.json`` in the lab's evidence has it.
    """
    result = yield
    lab = item.config.stash.get(lab_key, None)
    if lab is None or not asks_for_a_lab(item):
        return result
    module = item.getparent(pytest.Module)
    told = module.stash.setdefault(violated_key, set()) if module is not None else set()
    try:
        broken = [one for one in lab.invariants() if one.valid is False and one.name not in told]
    except LabError:  # the network is dead, and has told so by itself
        return result
    told.update(one.name for one in broken)
    meant = {name for marker in item.iter_markers(BREAKS) for name in marker.args}
    if unmeant := [one for one in broken if one.name not in meant]:
        pytest.fail(_words(unmeant, lab), pytrace=False)
    return result


def _words(broken: Sequence[Verdict], lab: Lab) -> str:
    lines = ["what has to hold of every cluster was broken on the wire:"]
    for one in broken:
        lines += [str(one), *(f"  {seen}" for seen in one.witness)]
    lines += [f"capture: {path}" for path in lab.network.captures]
    return "\n".join(lines)
