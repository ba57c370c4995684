"""Which host this is, which commit, and what the host lacks for a cell."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from night.outcome import Conditions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from night.cell import Cell
    from night.matrix import Need

KVM = "/dev/kvm"
PROBES = {
    "kvm": """
from harness.images import store
from harness.machines.accelerator import choose
from harness.workbench import user_cache
choose("kvm", store.ensure("installer", progress=lambda line: None).file("kernel"), user_cache() / "accelerator.json")
""",
    "bridges": """
from harness.network.bridge import features
from harness.sandbox import linux, namespaces
found = namespaces.ask(lambda: vars(features.probe()), linux.CLONE_NEWNET)
lacking = [name.replace("_", " ") for name, there in found.items() if not there]
if lacking:
    raise SystemExit("it lacks " + ", ".join(lacking))
""",
}
"""What a host is asked, as programs that end with a reason where the answer is no.

Guests are run under KVM as scenarios have it: a device that can be opened proves nothing.
"""

WITHIN = 1800
"""Seconds: an answer may need the image of a guest, which is built first."""


@dataclass
class Abilities:
    """What this host can do, found out once each, when the first cell asks. `probe` returns why not, or nothing."""

    probe: Callable[[str], str]
    _answers: dict[str, str] = field(default_factory=dict)

    def lacking(self, ability: str) -> str:
        """Return why the host can't, nothing where it can."""
        if ability not in self._answers:
            closed = ability == "kvm" and not os.access(KVM, os.R_OK | os.W_OK)
            self._answers[ability] = f"{KVM} is not there, or not open to this user" if closed else self.probe(ability)
        return self._answers[ability]


def probe(ability: str, python: Path, root: Path) -> str:
    """Return why the host can't do something, nothing where it can; asked in an environment that has the harness."""
    command = [str(python), "-c", PROBES[ability]]
    try:
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=WITHIN, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer within {WITHIN} s"
    if done.returncode == 0:
        return ""
    return (done.stderr.strip().splitlines() or ["the probe ended without a word"])[-1].removeprefix("harness.errors.")


def lacking(cell: Cell, needs: Iterable[Need], here: Abilities, environment: Mapping[str, str]) -> str:
    """Return what the host lacks for a cell, nothing where it has all."""
    for need in needs:
        if not cell.matches(need.cells):
            continue
        if need.environment and not environment.get(need.environment):
            return f"{need.reason}: {need.environment} is not set"
        if need.host and (why := here.lacking(need.host)):
            return f"{need.reason}: {why}"
    return ""


def conditions(root: Path) -> Conditions:
    """Return the commit of a checkout and the name of this host.

    A checkout with changes that are not committed is another one each time: ``-dirty`` is at its end then.
    """
    commit = _git(root, "rev-parse", "--short=12", "HEAD")
    dirty = "-dirty" if commit and _git(root, "status", "--porcelain", "--untracked-files=no") else ""
    return Conditions(f"{commit or 'unknown'}{dirty}", platform.node() or "unknown")


def _git(root: Path, *words: str) -> str:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
