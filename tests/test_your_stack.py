"""The example of ``docs/your-stack.md``: the page shows the very files, and they run as an installed package would."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
EXAMPLE = DOCS / "your-stack"
SHOWN = re.compile(r"^`(?P<name>[\w./-]+)`:\n\n```\w*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_page_shows_the_example_as_it_is() -> None:
    shown = {match["name"]: match["text"] for match in SHOWN.finditer((DOCS / "your-stack.md").read_text())}
    files = [path for path in EXAMPLE.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    there = {str(path.relative_to(EXAMPLE)): path.read_text() for path in files}
    assert shown == {name: text for name, text in there.items() if name != "notice_board/__init__.py"}


@pytest.mark.kernel
def test_the_example_s_scenarios_pass(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(EXAMPLE, pytester.path, dirs_exist_ok=True)
    install(pytester.path)
    monkeypatch.setenv("PYTHONPATH", str(pytester.path), prepend=":")
    result = pytester.runpytest_subprocess("scenarios", "-ra")
    result.assert_outcomes(passed=4)


def install(package: Path) -> None:
    """Do what an installer would, where the package lies: declare its entry points."""
    project = tomllib.loads((package / "pyproject.toml").read_text())["project"]
    (points,) = project["entry-points"].items()
    told = package / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = [f"[{points[0]}]", *(f"{name} = {value}" for name, value in points[1].items())]
    (told / "entry_points.txt").write_text("\n".join(lines) + "\n")
