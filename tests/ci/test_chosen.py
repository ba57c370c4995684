"""A file that is named to ``ci/scenarios`` is run alone: pytest would run all of the folder beside it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "arguments, folder",
    [
        ("", "scenarios"),
        ("-k scenarios", "scenarios"),
        ("scenarios/test_wan.py -x", ""),
        ("-v ./scenarios/known_bugs", ""),
        ("scenarios/test_wan.py::test_worse_lines_lose_nothing[lossy]", ""),
        ("--ignore scenarios/known_bugs", "scenarios"),
        ("--deselect scenarios/test_wan.py", "scenarios"),
        ("--deselect scenarios/test_wan.py scenarios/test_wan.py", ""),
    ],
)
def test_the_folder_is_run_where_nothing_of_it_is_named(arguments: str, folder: str) -> None:
    done = subprocess.run([ROOT / "ci/chosen", "scenarios", *arguments.split()], capture_output=True, check=True)
    assert done.stdout.decode().strip() == folder


@pytest.mark.parametrize("what", ["scenarios", "tests"])
def test_what_is_named_is_run_alone(tmp_path: Path, what: str) -> None:
    (tmp_path / "ci").mkdir()
    for script in (what, "chosen"):
        shutil.copy(ROOT / "ci" / script, tmp_path / "ci")
    (tmp_path / "ci/setup").symlink_to("/bin/true")
    (tmp_path / ".venv/bin").mkdir(parents=True)
    (tmp_path / ".venv/bin/pytest").symlink_to(Path(sys.executable).with_name("pytest"))
    (tmp_path / what).mkdir()
    for file in ("test_one.py", "test_two.py"):
        (tmp_path / what / file).write_text("def test_it() -> None: pass\n")
    command = [str(tmp_path / "ci" / what), f"{what}/test_one.py", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert "1 passed" in done.stdout
