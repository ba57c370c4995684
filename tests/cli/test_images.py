from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from harness.cli import main
from harness.images import making, recipe
from harness.images.making import Archives
from harness.images.sources import Distribution
from tests.images.archive import make_archive
from tests.images.tiny import MAKES_FILE, make_recipe, make_stand_in

if TYPE_CHECKING:
    from pathlib import Path

needs_apt = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the command a recipe, a cache and an archive of its own, and a stand-in for mmdebstrap."""
    recipes = make_recipe(tmp_path / "recipes")
    monkeypatch.setattr(recipe, "recipes_folder", lambda: recipes)
    archives = Archives(Distribution("debian", "bookworm"), [make_archive(tmp_path / "debs", {"a": "1"})], False)
    monkeypatch.setattr(making, "host_archives", lambda: archives)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{make_stand_in(tmp_path / 'bin', MAKES_FILE)}:{os.environ['PATH']}")
    return tmp_path


@needs_apt
def test_build_list_and_prune(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "list"]) == 0
    assert capsys.readouterr().out == "tiny is not built: harness images build tiny\n"
    assert main(["images", "build"]) == 0
    (built,) = (place / "cache/harness/images/tiny").iterdir()
    out, err = capsys.readouterr()
    assert out == f"tiny {built}\n"
    assert "tiny: looking up packages\n" in err
    assert main(["images", "list"]) == 0
    assert capsys.readouterr().out == f"tiny {built.name} 0 MiB {built}\n"
    assert main(["images", "prune"]) == 0
    assert capsys.readouterr().out == ""
    assert main(["images", "prune", "--all"]) == 0
    assert f"removed {built}\n" in capsys.readouterr().out
    assert not built.exists()


@needs_apt
def test_an_image_of_a_recipe_that_has_changed_is_unused(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "build", "tiny"]) == 0
    (place / "recipes/tiny/extract.sh").write_text("changed\n")
    capsys.readouterr()
    assert main(["images", "list"]) == 0
    assert "(unused: `harness images prune` removes it)\ntiny is not built" in capsys.readouterr().out
    assert main(["images", "list", "--json"]) == 0
    (described,) = json.loads(capsys.readouterr().out)
    assert described["used"] is False
    assert sorted(described) == ["bytes", "files", "key", "name", "used"]


@pytest.mark.usefixtures("place")
@pytest.mark.parametrize(
    "arguments,message",
    [
        (["build", "huge"], "no image is called 'huge': name one of: tiny"),
        (["build", "huge", "tiny", "vast"], "name one of: tiny\nno image is called 'vast'"),
        (["build", "--suite", "bookworm"], "--mirror and --suite go together"),
        (["build", "--mirror", "http://a.example"], "--mirror and --suite go together"),
        (["frobnicate"], "No such command 'frobnicate'"),
    ],
)
def test_unusable_calls(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.usefixtures("place")
def test_a_mirror_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["images", "build", "--mirror", "file:/nowhere", "--suite", "bookworm"]) == 2
    assert "the package lists could not be fetched" in capsys.readouterr().err
