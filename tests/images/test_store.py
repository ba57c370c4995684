from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.images import making, store
from harness.images.making import Archives
from harness.images.sources import Distribution, Source
from harness.sandbox.waiting import gone, wait_until
from harness.sandbox.workplaces import UNFINISHED
from tests.images.archive import make_archive
from tests.images.tiny import MAKES_FILE, RECIPE, calls, make_recipe, make_stand_in
from tests.processes import alive, descendants

pytestmark = pytest.mark.skipif(not shutil.which("apt-get"), reason="needs apt-get")

SOON = timedelta(minutes=1)
BOOKWORM = Distribution("debian", "bookworm")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with recipes, a cache-to-be, an archive that counts as the host's, and a stand-in for mmdebstrap."""
    make_recipe(tmp_path / "recipes")
    source = make_archive(tmp_path / "debs", {"a": "1"})
    monkeypatch.setattr(making, "host_archives", lambda: Archives(BOOKWORM, [source], check_origin=False))
    monkeypatch.setenv("PATH", f"{make_stand_in(tmp_path / 'bin', MAKES_FILE)}:{os.environ['PATH']}")
    return tmp_path


def ensure(place: Path) -> store.Image:
    return store.ensure("tiny", cache=place / "cache", recipes=place / "recipes")


def find(place: Path) -> store.Image | None:
    return store.find("tiny", cache=place / "cache", recipes=place / "recipes")


def unplug(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = Source(("file:/nowhere",), ("bookworm",), ("main",), {"Trusted": "yes"})
    monkeypatch.setattr(making, "host_archives", lambda: Archives(BOOKWORM, [nowhere], check_origin=False))


def test_a_missing_image_is_built_and_then_found(place: Path) -> None:
    assert find(place) is None
    image = ensure(place)
    assert find(place) == image
    assert ensure(place) == image
    assert calls(place / "bin") == 1
    assert store.stored(cache=place / "cache") == [image]


def test_finding_makes_no_cache(place: Path) -> None:
    assert find(place) is None
    assert not (place / "cache").exists()


def test_many_who_want_it_at_once_build_it_once(place: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        images = list(pool.map(lambda _: ensure(place), range(4)))
    assert set(map(str, images)) == {str(images[0])}
    assert calls(place / "bin") == 1


def test_a_warm_cache_needs_neither_archives_nor_programs(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    image = ensure(place)
    unplug(monkeypatch)
    monkeypatch.setenv("PATH", "/nonexistent")
    assert ensure(place) == image


def test_a_cold_cache_without_archives_is_one_clear_error(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    unplug(monkeypatch)
    with pytest.raises(HostError, match=r"package lists could not be fetched \(.*nowhere.*\): connect this machine"):
        ensure(place)
    assert find(place) is None


def test_a_missing_builder_is_named(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(HostError, match="no program mmdebstrap: apt-get install mmdebstrap"):
        ensure(place)


def test_a_changed_recipe_makes_another_image(place: Path) -> None:
    first = ensure(place)
    make_recipe(place / "recipes", RECIPE.replace('"tiny"', '"changed"', 1))
    assert find(place) is None
    second = ensure(place)
    assert second.key != first.key
    gone_now = store.prune(cache=place / "cache", recipes=place / "recipes")
    assert gone_now == [first.folder]
    assert find(place) == second


def test_pruning_a_cache_that_is_not_there(place: Path) -> None:
    assert store.prune(cache=place / "cache", recipes=place / "recipes") == []
    assert not (place / "cache").exists()


def test_everything_goes_when_asked(place: Path) -> None:
    ensure(place)
    store.prune(everything=True, cache=place / "cache", recipes=place / "recipes")
    assert store.stored(cache=place / "cache") == []
    assert not (place / "cache/packages").exists()


def test_refresh_looks_for_newer_packages(place: Path) -> None:
    first = ensure(place)
    make_archive(place / "debs", {"a": "2"})
    assert ensure(place) == first
    second = store.refresh("tiny", cache=place / "cache", recipes=place / "recipes")
    assert second.key != first.key
    assert ensure(place) == second


BUILD = """
import sys
from pathlib import Path
from harness.images import making, store
from harness.images.sources import Distribution, Source
place = Path(sys.argv[1])
source = Source((f"file:{place}/debs",), ("./",), (), {"Trusted": "yes"})
archives = making.Archives(Distribution("debian", "bookworm"), [source], check_origin=False)
store.refresh("tiny", archives=archives, cache=place / "cache", recipes=place / "recipes")
"""


@contextmanager
def building(place: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Build in a process of its own, which ends with the block."""
    with subprocess.Popen([sys.executable, "-c", BUILD, str(place)]) as builder:
        try:
            yield builder
        finally:
            builder.kill()


def test_a_killed_build_leaves_nothing_that_runs_or_looks_whole(place: Path) -> None:
    pid_file = place / "pid"
    make_stand_in(place / "bin", f"{MAKES_FILE}\nreadlink /proc/self >/dev/null\n: >{pid_file}\nexec sleep 1000\n")
    with building(place) as builder:
        wait_until("the build to start", pid_file.exists, within=SOON)
        children = descendants(builder.pid)
        assert children
    gone("the build's processes", lambda: [pid for pid in children if alive(pid)], within=SOON)
    assert find(place) is None
    assert [path.name.startswith(UNFINISHED) for path in (place / "cache/images/tiny").iterdir()] == [True]
    make_stand_in(place / "bin", MAKES_FILE)
    image = ensure(place)
    assert list((place / "cache/images/tiny").iterdir()) == [image.folder]
    assert find(place) == image


def test_apt_ends_with_a_killed_build(place: Path) -> None:
    pid_file, program = place / "pid", place / "bin/apt-get"
    program.write_text(f"#!/bin/sh\nsleep 1000 &\n: >{pid_file}\nwait\n")
    program.chmod(0o755)
    with building(place) as builder:
        wait_until("apt to start", pid_file.exists, within=SOON)
        children = descendants(builder.pid)
        assert len(children) == 3
    gone("apt's processes", lambda: [pid for pid in children if alive(pid)], within=SOON)
