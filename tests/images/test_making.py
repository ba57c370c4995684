from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import LabError
from harness.images.apt import Package
from harness.images.cache import Cache
from harness.images.making import Archives, host_archives, image_key, make, mirror_archives
from harness.images.recipe import load
from harness.images.sources import Distribution
from tests.images.archive import make_archive
from tests.images.tiny import MAKES_FILE, calls, make_recipe, make_stand_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.images.cache import Image

BOOKWORM = Distribution("debian", "bookworm")

needs_apt = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")
word = st.text("abc019.~+-:", min_size=1, max_size=6)
packages = st.lists(st.builds(Package, word, word, st.sampled_from(["all", "amd64"])), max_size=5)


@given(packages)
def test_the_order_of_packages_does_not_change_the_key(some: list[Package]) -> None:
    assert image_key("r", BOOKWORM, some) == image_key("r", BOOKWORM, some[::-1])


@given(packages, packages)
def test_other_packages_change_the_key(some: list[Package], other: list[Package]) -> None:
    assert (image_key("r", BOOKWORM, some) == image_key("r", BOOKWORM, other)) == (sorted(some) == sorted(other))


def test_another_recipe_or_release_changes_the_key() -> None:
    keys = {
        image_key("r", BOOKWORM, []),
        image_key("s", BOOKWORM, []),
        image_key("r", Distribution("debian", "trixie"), []),
        image_key("r", Distribution("ubuntu", "bookworm"), []),
    }
    assert len(keys) == 4


class Bench:
    """A cache, an archive with the package `a`, the recipe `tiny`, and the stand-in for mmdebstrap."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = Cache(folder / "cache")
        self.said: list[str] = []
        make_recipe(folder / "recipes")
        self.serve("1")

    def serve(self, version: str) -> None:
        source = make_archive(self.folder / "debs", {"a": version})
        self.archives = Archives(BOOKWORM, [source], check_origin=True)

    def make(self) -> Image:
        recipe = load("tiny", self.folder / "recipes")
        return make(recipe, self.archives, self.cache, self.said.append)

    @property
    def builds(self) -> int:
        return calls(self.folder / "bin")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Bench]:
    def prepare(script: str) -> Bench:
        programs = make_stand_in(tmp_path / "bin", script)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        return Bench(tmp_path)

    return prepare


@needs_apt
def test_an_image_is_built_once_for_a_recipe_and_versions(bench: Callable[[str], Bench]) -> None:
    work = bench(MAKES_FILE)
    first = work.make()
    assert first.file("manifest").read_text() == "a 1 all\n"
    assert first.file("text").read_text() == "content\n"
    assert work.make() == first
    assert work.builds == 1
    assert [line.split(":")[1].split("(")[0].strip() for line in work.said] == [
        "looking up packages",
        "fetching what is missing of 1 packages",
        "building",
        "0 MiB, built in " + work.said[3].rpartition("built in ")[2],
        "looking up packages",
        "up to date",
    ]


@needs_apt
def test_a_newer_package_makes_another_image(bench: Callable[[str], Bench]) -> None:
    work = bench(MAKES_FILE)
    first = work.make()
    work.serve("2")
    second = work.make()
    assert second.key != first.key
    assert work.cache.newest("tiny", load("tiny", work.folder / "recipes").digest()) == second
    assert first.file("text").exists()


@needs_apt
def test_a_failed_build_leaves_its_log_and_nothing_else(bench: Callable[[str], Bench]) -> None:
    work = bench("echo about to fail; echo boom >&2; exit 1")
    with pytest.raises(LabError, match="the image tiny was not built: it ended with status 1") as caught:
        work.make()
    assert caught.value.console == ("about to fail", "boom")
    assert caught.value.evidence
    assert "boom" in caught.value.evidence.read_text()
    assert list((work.cache.images / "tiny").iterdir()) == [caught.value.evidence]
    assert work.cache.stored() == []


@needs_apt
def test_an_image_of_a_recipe_that_changes_meanwhile_is_nobodys(bench: Callable[[str], Bench], tmp_path: Path) -> None:
    work = bench(f"{MAKES_FILE}\necho changed >{tmp_path}/recipes/tiny/extract.sh\n")
    with pytest.raises(LabError, match="the recipe of the image tiny changed while it was built; build it again"):
        work.make()
    assert work.cache.stored() == []
    assert list((work.cache.images / "tiny").iterdir()) == []


@needs_apt
def test_an_image_that_was_damaged_is_made_again(bench: Callable[[str], Bench]) -> None:
    work = bench(MAKES_FILE)
    first = work.make()
    first.file("text").write_text("")
    assert work.make() == first
    assert first.file("text").read_text() == "content\n"
    assert work.builds == 2


def test_a_mirror_by_option_is_taken_as_it_is() -> None:
    archives = mirror_archives("http://a.example/debian", "trixie")
    assert archives.distribution.codename == "trixie"
    assert not archives.check_origin


def test_the_hosts_archives_are_checked() -> None:
    archives = host_archives()
    assert archives.sources
    assert archives.check_origin
