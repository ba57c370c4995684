from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from harness.errors import HostError
from harness.images import builder
from harness.images.apt import Apt
from harness.images.builder import BuildFailed, Folders
from harness.images.recipe import Recipe, load
from tests.images.tiny import MAKES_FILE, PACKED, RECIPE, make_recipe, make_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    for name in ("scratch", "output"):
        (tmp_path / name).mkdir()
    return Folders(tmp_path / "scratch", tmp_path / "output", tmp_path / "log")


@pytest.fixture
def prepare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Recipe]:
    def make(text: str, script: str) -> Recipe:
        programs = make_stand_in(tmp_path / "bin", script)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return load("tiny", make_recipe(tmp_path / "recipes", text))

    return make


def build(recipe: Recipe, folders: Folders, tmp_path: Path) -> None:
    builder.build(recipe, ["?essential", "a"], Apt(tmp_path / "apt"), folders)


def test_outputs_land_in_their_folder(prepare: Callable[[str, str], Recipe], folders: Folders, tmp_path: Path) -> None:
    build(prepare(RECIPE, MAKES_FILE), folders, tmp_path)
    assert (folders.output / "tiny.txt").read_text() == "content\n"


def test_a_tree_is_packed(prepare: Callable[[str, str], Recipe], folders: Folders, tmp_path: Path) -> None:
    build(prepare(PACKED, "echo said >&2; printf tree"), folders, tmp_path)
    unpacked = subprocess.run(["zstd", "-dc", folders.output / "tiny.txt"], capture_output=True, check=True)
    assert unpacked.stdout == b"tree"
    assert folders.log.read_text() == "said\n"


@pytest.mark.parametrize("text", [RECIPE, PACKED])
def test_a_failing_build_says_how_it_ended(
    prepare: Callable[[str, str], Recipe], folders: Folders, tmp_path: Path, text: str
) -> None:
    recipe = prepare(text, "echo some; echo last words >&2; exit 25")
    with pytest.raises(BuildFailed, match="it ended with status 25"):
        build(recipe, folders, tmp_path)
    assert builder.last_lines(folders.log)[-1] == "last words"


def test_a_build_without_its_output_has_failed(
    prepare: Callable[[str, str], Recipe], folders: Folders, tmp_path: Path
) -> None:
    with pytest.raises(BuildFailed, match=r"it made no tiny\.txt"):
        build(prepare(RECIPE, "true"), folders, tmp_path)


def test_only_the_last_lines_are_shown(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n\n" % number for number in range(100)))
    assert builder.last_lines(log)[-1] == "line 99"
    assert len(builder.last_lines(log)) == builder.LOG_LINES


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert builder.missing() == ()
    monkeypatch.setenv("PATH", str(tmp_path))
    first, *_ = builder.missing()
    assert str(first) == "no program mmdebstrap: apt-get install mmdebstrap, or run ci/setup"


def test_a_disk_without_room(tmp_path: Path) -> None:
    recipe = load("tiny", make_recipe(tmp_path / "recipes"))
    builder.check_room(recipe, tmp_path)
    with pytest.raises(HostError, match=r"building the image tiny takes \d+ MiB in .* MiB are free: make room"):
        builder.check_room(replace(recipe, scratch_mib=1 << 40), tmp_path)
