"""The workflows of forges: they are YAML, their scripts are shell, and they call what is there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from night import matrix_file, options

ROOT = Path(__file__).parents[2]
WORKFLOWS = (".github/workflows/nightly.yml", ".forgejo/workflows/nightly.yml")

each_workflow = pytest.mark.parametrize("workflow", WORKFLOWS)


def load(workflow: str) -> dict[str, Any]:
    loaded = YAML(typ="safe", pure=True).load((ROOT / workflow).read_text())
    assert isinstance(loaded, dict)
    return loaded


def steps(workflow: str) -> Iterator[dict[str, Any]]:
    for job in load(workflow)["jobs"].values():
        yield from job["steps"]


def calls(workflow: str) -> list[list[str]]:
    """Return every command of this checkout that a workflow calls, as its words."""
    scripts = "\n".join(step["run"] for step in steps(workflow) if "run" in step)
    found = re.findall(r"\bci/[a-z-]+[^\n)&;]*", re.sub(r"#[^\n]*", "", scripts))
    return [shlex.split(call) for call in found]


@each_workflow
def test_its_jobs_have_what_a_forge_needs(workflow: str) -> None:
    loaded = load(workflow)
    assert {"name", "jobs"} <= loaded.keys()
    assert loaded["on"]["schedule"][0]["cron"]
    for name, job in loaded["jobs"].items():
        assert {"runs-on", "timeout-minutes", "steps"} <= job.keys(), name
        assert set(job.get("needs", "").split()) <= loaded["jobs"].keys(), name
        assert all(("run" in step) != ("uses" in step) for step in job["steps"]), name


@each_workflow
def test_its_scripts_are_shell(workflow: str) -> None:
    for step in steps(workflow):
        script = re.sub(r"\$\{\{.*?\}\}", "x", step.get("run", ""))
        done = subprocess.run(["bash", "-n"], input=script, text=True, capture_output=True, check=False)
        assert done.stderr == "", step


@each_workflow
def test_what_it_calls_is_there_and_takes_those_options(workflow: str) -> None:
    called = calls(workflow)
    assert {words[0] for words in called} >= {"ci/nightly"}
    for program, *words in called:
        assert os.access(ROOT / program, os.X_OK), program
        if program == "ci/nightly":
            options.parse(["0" if word == "$RETRY" else word for word in words], ROOT)


def test_forgejo_has_every_cell_that_github_is_asked_for() -> None:
    matrix = matrix_file.read(ROOT / "ci/nightly.toml", ROOT)
    default = load(WORKFLOWS[0])["on"]["workflow_dispatch"]["inputs"]["cells"]["default"]
    written = load(WORKFLOWS[1])["jobs"]["cell"]["strategy"]["matrix"]["cell"]
    assert sorted(written) == sorted(cell.name for cell in matrix.select([default]))
