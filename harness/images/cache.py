"""The cache of images: a folder for each, that is whole whenever it is there.

An image lies in `images/NAME/KEY/` of the harness's folder in the user's cache. It is made in a folder beside and
renamed when it is done, so that an interrupted build leaves nothing that looks like an image.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessBug, HostError, Missing
from harness.sandbox import workplaces
from harness.sandbox.exclusion import alone
from harness.sandbox.removal import remove_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

FORMAT = 1
METADATA = "image.json"
FAILURE_LOG = "last-failure.log"
LOCK = "images.lock"


@dataclass(frozen=True)
class Image:
    """A built image: `files` are its files by what they are for, `size` is their size in bytes altogether."""

    name: str
    key: str
    folder: Path
    files: Mapping[str, Path]
    size: int

    def file(self, purpose: str) -> Path:
        """Return one file: `kernel`, `initrd`, `rootfs`, or `manifest`, the list of the packages in it."""
        if purpose not in self.files:
            raise HarnessBug(f"the image {self.name} has no {purpose}, only {', '.join(sorted(self.files))}")
        return self.files[purpose]


@dataclass(frozen=True)
class Facts:
    """What is noted beside an image's files: the recipe's digest, when it was made (Unix time), and its files."""

    recipe: str
    created: float
    files: Mapping[str, str]
    sizes: Mapping[str, int]


def user_cache() -> Path:
    """Return the harness's folder in the user's cache, by the XDG base directory specification."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    # The specification tells to ignore a relative path.
    base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "harness"


class Cache:
    """The images under one folder, by default the harness's folder in the user's cache."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root or user_cache()
        self.images = self.root / "images"
        self.packages = self.root / "packages"

    def whole(self, name: str) -> list[tuple[Image, Facts]]:
        """Return the whole images of a name, newest first, each with what is noted beside it."""
        folders = [path for path in (self.images / name).glob("[!.]*") if path.is_dir()]
        found = [(image, facts) for path in folders if (facts := _facts(path)) and (image := _image(path, facts))]
        return sorted(found, key=lambda one: (one[1].created, one[0].key), reverse=True)

    def newest(self, name: str, digest: str) -> Image | None:
        """Return the newest image of a name that a recipe of this digest has made, or None."""
        return next((image for image, facts in self.whole(name) if facts.recipe == digest), None)

    def by_key(self, name: str, key: str) -> Image | None:
        """Return the image of a name and a key, or None."""
        return next((image for image, _ in self.whole(name) if image.key == key), None)

    def stored(self) -> list[Image]:
        """Return every whole image, by name and newest first, whether or not a recipe would still make it."""
        names = sorted(path.name for path in self.images.glob("*") if path.is_dir())
        return [image for name in names for image, _ in self.whole(name)]

    @contextlib.contextmanager
    def workplace(self, name: str) -> Iterator[Path]:
        """Make a folder in which an image of a name can grow, and which goes at the end; hold the lock."""
        folder = self.images / name
        folder.mkdir(parents=True, exist_ok=True)
        self.sweep()
        with workplaces.workplace(folder) as place:
            yield place

    def sweep(self) -> list[Path]:
        """Remove what those have left who were killed while they built an image, and return it."""
        return [place for folder in sorted(self.images.glob("*/")) for place in workplaces.sweep(folder)]

    def publish(self, grown: Path, name: str, key: str, facts: Facts) -> Image:
        """Turn a folder that holds exactly an image's files into the image. Whoever looks sees all of it or nothing."""
        text = json.dumps({"format": FORMAT, **vars(facts)}, indent=2)
        (grown / METADATA).write_text(text, encoding="utf-8")
        grown.chmod(0o755)
        for path in (*grown.iterdir(), grown):
            _sync(path)
        final = self.images / name / key
        if final.exists():
            # Only what is not whole is made again, and it is of no use to anyone.
            remove(final)
        grown.rename(final)
        (self.images / name / FAILURE_LOG).unlink(missing_ok=True)
        return Image(name, key, final, *_contents(final, facts))

    def keep_log(self, name: str, log: Path) -> Path:
        """Move the log of a failed build to where it stays until a build succeeds, and return the new path."""
        kept = self.images / name / FAILURE_LOG
        log.replace(kept)
        return kept

    @contextlib.contextmanager
    def locked(self, on_wait: Callable[[], None] | None = None) -> Iterator[None]:
        """Hold the cache against other builders. While another holds it, wait, once `on_wait` was called.

        Raises `HostError` instead of waiting where there is no `on_wait`, and where the cache can't be written.
        """
        with contextlib.ExitStack() as held:
            try:
                self.root.mkdir(parents=True, exist_ok=True)
                held.enter_context(alone(self.root / LOCK, on_wait or _refuse))
            except OSError as error:
                what = f"no cache of images at {self.root} ({error.strerror})"
                raise HostError(Missing(what, "make it writable, or choose another XDG_CACHE_HOME")) from error
            yield

    def prune(self, kept: Sequence[Image], *, packages: bool) -> list[Path]:
        """Remove all images but the kept ones, left-overs of builds, and logs; return what went.

        Fetched packages go too where `packages` is set. Hold the lock.
        """
        folders = {image.folder for image in kept}
        doomed = [path for path in sorted(self.images.glob("*/*")) if path not in folders]
        if packages and self.packages.exists():
            doomed.append(self.packages)
        for path in doomed:
            remove(path)
        return doomed


def remove(path: Path) -> None:
    """Remove a file or a folder with all in it; an image first loses what makes it one."""
    if not path.is_dir() or path.is_symlink():
        path.unlink(missing_ok=True)
        return
    (path / METADATA).unlink(missing_ok=True)
    remove_tree(path)


def _refuse() -> None:
    raise HostError(Missing("another process builds images now", "wait until it is done"))


def _facts(folder: Path) -> Facts | None:
    try:
        given: dict[str, Any] = json.loads((folder / METADATA).read_text(encoding="utf-8"))
        if given.pop("format") != FORMAT:
            return None
        return Facts(**given)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        # Whatever is not readable as ours is no image.
        return None


def _contents(folder: Path, facts: Facts) -> tuple[dict[str, Path], int]:
    return {purpose: folder / name for purpose, name in facts.files.items()}, sum(facts.sizes.values())


def _image(folder: Path, facts: Facts) -> Image | None:
    files, size = _contents(folder, facts)
    whole = all(path.is_file() and path.stat().st_size == facts.sizes.get(path.name) for path in files.values())
    return Image(folder.parent.name, folder.name, folder, files, size) if whole and files else None


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
