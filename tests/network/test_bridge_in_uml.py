"""The bridge kind on a kernel that has all that it needs: this host's where it does, user-mode-linux elsewhere."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from harness.network.bridge import features
from tests.network.uml import ROOT, pytest_command, run_in_uml

pytestmark = pytest.mark.kernel

FOLDER = ROOT / "tests/network/in_uml"
WITHIN = timedelta(minutes=5)
"""So long it may take on a host that is busy with much else; alone it takes less than one."""


def test_bridges_do_what_every_kind_must(tmp_path: Path) -> None:
    names = [str(path.relative_to(ROOT)) for path in sorted(FOLDER.glob("*.py")) if path.name != "__init__.py"]
    command = pytest_command("-q", *names)
    if all(vars(features.probe()).values()):
        run = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert run.returncode == 0, run.stdout + run.stderr
    else:
        run_in_uml(command, tmp_path, within=WITHIN)
