"""What every row of the track record has in common: programs that must be there, and what its verdict means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.clients.judging import Told
from harness.errors import Inconclusive, ScenarioFailure
from harness.sandbox.host import find_program

if TYPE_CHECKING:
    from harness.checks.verdict import Verdict

PACKAGES = "ci/known-bugs-packages.txt"


def program(name: str, package: str) -> str:
    """Return where a program is. Skips the scenario where it is not installed, and names the package."""
    path = find_program(name)
    if path is None:
        pytest.skip(f"no program {name}: apt-get install {package}, or run ci/setup {PACKAGES}")
    return path


def found(verdict: Verdict) -> None:
    """Hold that a known failure was seen. Raises `ScenarioFailure` where not, `Inconclusive` where nobody knows."""
    _hold(verdict, valid=False)


def clean(verdict: Verdict) -> None:
    """Hold that the control, which differs in the setting that mends it, has not failed. Raises as `found`."""
    _hold(verdict, valid=True)


def _hold(verdict: Verdict, *, valid: bool) -> None:
    print(f"{verdict}\n" + "\n".join(f"  {one}" for one in verdict.witness))  # noqa: T201 - kept with the result
    if verdict.valid is None:
        raise Inconclusive(verdict.name, [str(verdict)])
    if verdict.valid is not valid:
        expected = f"{verdict.name}: {'nothing' if valid else 'the known failure'}"
        raise ScenarioFailure(expected, seen=Told([verdict]))
