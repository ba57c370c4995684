"""What docs/wire.md shows is what its commands print. Run this file as a program to write the page anew."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs/wire.md"
BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
HARNESS = 'harness() { "$PYTHON" -c "import sys; from harness.cli import main; sys.exit(main())" "$@"; }; '


def printed(command: str) -> str:
    """Return what a command of the page prints."""
    environment = {**os.environ, "PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8"}
    line = ["bash", "-c", f"set -o pipefail; {HARNESS}{command}"]
    done = subprocess.run(line, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.stderr == ""
    assert done.stdout != ""
    return done.stdout


def anew(block: str) -> str:
    """Return a block with what its commands print now."""
    commands = [line for line in block.splitlines() if line.startswith("$ ")]
    return "".join(f"{line}\n{printed(line.removeprefix('$ '))}" for line in commands)


@pytest.mark.parametrize("block", BLOCK.findall(PAGE.read_text(encoding="utf-8")))
def test_what_is_shown_is_what_is_printed(block: str) -> None:
    assert block.splitlines() == anew(block).splitlines()


def test_there_is_something_to_show() -> None:
    assert len(BLOCK.findall(PAGE.read_text(encoding="utf-8"))) >= 5


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda found: f"```console\n{anew(found[1])}```", text), encoding="utf-8")
