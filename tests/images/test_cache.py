from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.errors import HarnessBug, HostError
from harness.images.cache import METADATA, Cache, Facts, Image, user_cache


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(tmp_path / "cache")


def publish(cache: Cache, key: str, *, recipe: str = "r", created: float = 1.0, text: str = "content") -> Image:
    facts = Facts(recipe=recipe, created=created, files={"text": "tiny.txt"}, sizes={"tiny.txt": len(text)})
    with cache.workplace("tiny") as place:
        output = place / "output"
        output.mkdir()
        (output / "tiny.txt").write_text(text)
        return cache.publish(output, "tiny", key, facts)


def test_an_image_is_found_as_it_was_published(cache: Cache) -> None:
    image = publish(cache, "k1")
    assert cache.newest("tiny", "r") == image
    assert image.file("text").read_text() == "content"
    assert image.size == len("content")
    assert image.folder == cache.images / "tiny/k1"


def test_an_image_says_which_files_it_has(cache: Cache) -> None:
    with pytest.raises(HarnessBug, match="the image tiny has no kernel, only text"):
        publish(cache, "k1").file("kernel")


def test_the_newest_of_the_recipe_is_taken(cache: Cache) -> None:
    publish(cache, "k1", created=3.0)
    second = publish(cache, "k2", created=4.0)
    publish(cache, "k3", created=5.0, recipe="another")
    assert cache.newest("tiny", "r") == second
    assert cache.newest("tiny", "unknown") is None
    assert cache.newest("huge", "r") is None
    assert [image.key for image in cache.stored()] == ["k3", "k2", "k1"]
    assert cache.by_key("tiny", "k2") == second
    assert cache.by_key("tiny", "k9") is None


@pytest.mark.parametrize("damage", ["truncate", "remove", "garble", "other format", "no object", "folder"])
def test_what_is_damaged_is_no_image(cache: Cache, damage: str) -> None:
    image = publish(cache, "k1")
    noted = image.folder / METADATA
    match damage:
        case "truncate":
            image.file("text").write_text("cont")
        case "remove":
            image.file("text").unlink()
        case "garble":
            noted.write_text(noted.read_text()[:-5])
        case "other format":
            noted.write_text(json.dumps({**json.loads(noted.read_text()), "format": 999}))
        case "no object":
            noted.write_text("[]")
        case _:
            image.file("text").unlink()
            image.file("text").mkdir()
    assert cache.stored() == []
    assert cache.newest("tiny", "r") is None
    assert publish(cache, "k1") == cache.newest("tiny", "r")


def test_an_unfinished_build_is_no_image(cache: Cache) -> None:
    image = publish(cache, "k1")
    with cache.workplace("tiny") as place:
        for path in image.folder.iterdir():
            (place / path.name).write_bytes(path.read_bytes())
        assert cache.stored() == [image]


def test_an_image_appears_whole_or_not_at_all(cache: Cache) -> None:
    seen: list[int] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            seen.extend(len(image.file("text").read_text()) for image in cache.stored())

    watcher = threading.Thread(target=look)
    watcher.start()
    for number in range(30):
        publish(cache, f"k{number}")
    done.set()
    watcher.join()
    assert set(seen) <= {len("content")}


def test_the_log_of_a_failure_stays_until_a_build_succeeds(cache: Cache) -> None:
    with cache.workplace("tiny") as place:
        (place / "log").write_text("boom")
        kept = cache.keep_log("tiny", place / "log")
    assert kept.read_text() == "boom"
    publish(cache, "k1")
    assert not kept.exists()


def test_prune_leaves_what_is_kept(cache: Cache) -> None:
    kept, old = publish(cache, "k1"), publish(cache, "k2")
    left_over = cache.images / "tiny/.unfinished-x"
    (left_over / "scratch").mkdir(parents=True)
    log = cache.images / "tiny/log"
    log.write_text("")
    cache.packages.mkdir()
    gone = cache.prune([kept], packages=False)
    assert set(gone) == {old.folder, left_over, log}
    assert cache.stored() == [kept]
    assert cache.packages.exists()


def test_prune_takes_everything(cache: Cache) -> None:
    publish(cache, "k1")
    cache.packages.mkdir()
    cache.prune([], packages=True)
    assert cache.stored() == []
    assert not cache.packages.exists()


HOLD = """
import sys
from pathlib import Path
from harness.images.cache import Cache
with Cache(Path(sys.argv[1])).locked():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_process_at_a_time(cache: Cache) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(cache.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(HostError, match="another process builds images now: wait until it is done"), cache.locked():
            pass
        # It ends without letting go of the lock, as a killed process does.
        with cache.locked(on_wait=other.kill):
            pass


def test_a_folder_that_can_t_be_made_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    told = r"no cache of images at .*/file/harness \(Not a directory\): make it writable, or"
    with pytest.raises(HostError, match=told), Cache(tmp_path / "file/harness").locked():
        pass


@pytest.mark.parametrize("given,expected", [("/x/cache", "/x/cache/harness"), ("", None), ("relative", None)])
def test_the_users_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, given: str, expected: str | None) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", given)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert user_cache() == Path(expected or tmp_path / ".cache/harness")
