from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

import harness
from harness.errors import HostError, SpecError
from harness.images import recipe

if TYPE_CHECKING:
    from pathlib import Path

TINY = """\
description = "tiny"
variant = "extract"
scratch_mib = 1
files = { tiny = "tiny.txt" }
packages = ["tiny"]
[distribution.debian]
packages = ["linux"]
"""


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    (tmp_path / "tiny/root").mkdir(parents=True)
    (tmp_path / "tiny/recipe.toml").write_text(TINY)
    (tmp_path / "tiny/extract.sh").write_text("true\n")
    (tmp_path / "tiny/root/file").write_text("1")
    return tmp_path


def test_the_repositorys_recipes() -> None:
    assert recipe.names() == ("installer", "node")
    for name in recipe.names():
        loaded = recipe.load(name)
        assert "linux-image-cloud-amd64" in loaded.packages("debian")
        assert "linux-image-virtual" in loaded.packages("ubuntu")


def test_no_recipe_names_a_host() -> None:
    for path in recipe.recipes_folder().rglob("*"):
        if path.is_file():
            assert "://" not in path.read_text(encoding="utf-8"), path


def test_a_recipe_is_loaded(recipes: Path) -> None:
    loaded = recipe.load("tiny", recipes)
    assert loaded.packages("debian") == ("tiny", "linux")
    assert loaded.script("extract") == recipes / "tiny/extract.sh"
    assert loaded.script("customize") is None
    assert loaded.archive is None


def test_a_distribution_without_a_table(recipes: Path) -> None:
    with pytest.raises(HostError, match="the image tiny has no recipe for ubuntu: build it on debian"):
        recipe.load("tiny", recipes).packages("ubuntu")


def test_an_unknown_name(recipes: Path) -> None:
    for name in ("huge", "", ".", "..", "tiny/root", "/etc"):
        with pytest.raises(HostError, match="name one of: tiny"):
            recipe.load(name, recipes)


@pytest.mark.parametrize(
    "old,new,message",
    [
        ('"extract"', '"standard"', "variant 'standard', expected one of extract, essential"),
        ("scratch_mib = 1\n", "", "no key 'scratch_mib'"),
        ("description", "descripton", "unknown key 'descripton'"),
        ('"extract"', "extract", "recipe.toml:1: "),
        ('packages = ["tiny"]', 'packages = "tiny"', "packages is no list of texts"),
        ('{ tiny = "tiny.txt" }', '"tiny.txt"', "files is no table of texts"),
        ("scratch_mib = 1", 'scratch_mib = "1"', "scratch_mib is no number"),
        ('packages = ["linux"]', "", "distribution.debian has no list of packages"),
        ('files = { tiny = "tiny.txt" }', 'files = { tiny = "../tiny.txt" }', "'../tiny.txt' is no plain file name"),
    ],
)
def test_a_recipe_that_cannot_be_used(recipes: Path, old: str, new: str, message: str) -> None:
    (recipes / "tiny/recipe.toml").write_text(TINY.replace(old, new, 1))
    with pytest.raises(SpecError) as caught:
        recipe.load("tiny", recipes)
    assert message in str(caught.value)


def test_every_change_of_a_recipe_changes_its_digest(recipes: Path) -> None:
    def digest() -> str:
        return recipe.load("tiny", recipes).digest()

    seen = [digest()]
    (recipes / "tiny/root/file").write_text("2")
    seen.append(digest())
    (recipes / "tiny/root/file").chmod(0o755)
    seen.append(digest())
    (recipes / "tiny/root/file").rename(recipes / "tiny/root/other")
    seen.append(digest())
    (recipes / "common").mkdir()
    (recipes / "common/shared.sh").write_text("true\n")
    seen.append(digest())
    assert len(set(seen)) == len(seen)
    (recipes / "unrelated").mkdir()
    (recipes / "unrelated/file").write_text("")
    assert digest() == seen[-1]


def test_where_a_recipe_lies_does_not_matter(recipes: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("elsewhere") / "images"
    shutil.copytree(recipes, copy)
    assert recipe.load("tiny", copy).digest() == recipe.load("tiny", recipes).digest()


def test_without_a_checkout(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(harness, "__file__", str(tmp_path / "harness/__init__.py"))
    with pytest.raises(HostError, match=r"no recipes of images at .*: run the harness from a checkout"):
        recipe.names()
