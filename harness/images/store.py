"""The images that a lab boots: found in the cache, built when missing, made anew when asked, listed, pruned.

What an image is good for is decided by its recipe alone, so that a cache that is warm needs no network; newer packages
are looked for only by `refresh`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.images.cache import Cache, Image
from harness.images.recipe import load, names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.images.making import Archives

    Progress = Callable[[str], None]

__all__ = ["Image", "ensure", "find", "prune", "refresh", "stored"]


def find(name: str, *, cache: Path | None = None, recipes: Path | None = None) -> Image | None:
    """Return the newest image that today's recipe of that name has made, or None. Builds nothing.

    `cache` stands in for the harness's folder in the user's cache, `recipes` for the repository's `images/`. Raises
    `HostError` where there is no such recipe.
    """
    return Cache(cache).newest(name, load(name, recipes).digest())


def ensure(
    name: str, *, cache: Path | None = None, recipes: Path | None = None, progress: Progress | None = None
) -> Image:
    """Return the newest image that today's recipe of that name has made, and build it where there is none.

    Processes that want it at the same time build it once. `progress` is called with a line for each step; the rest is
    as in `find`. Raises `HostError` where the host lacks what a build needs (a program, room, the network), and
    `LabError`, with the build's last lines and the path of its log, where the build fails.
    """
    recipe = load(name, recipes)
    store = Cache(cache)
    if found := store.newest(name, recipe.digest()):
        return found
    from harness.images.making import host_archives, make  # noqa: PLC0415 - a warm cache needs no builder

    tell = progress or _silent
    with store.locked(on_wait=lambda: tell(f"{name}: waiting for another process that builds images")):
        # That process may have built this very image.
        return store.newest(name, recipe.digest()) or make(recipe, host_archives(), store, tell)


def refresh(
    name: str,
    *,
    archives: Archives | None = None,
    cache: Path | None = None,
    recipes: Path | None = None,
    progress: Progress | None = None,
) -> Image:
    """Return the image with the packages' versions of today; build it where that one is not there.

    The packages come from `archives`, the host's own where none are given. The rest is as in `ensure`.
    """
    from harness.images.making import host_archives, make  # noqa: PLC0415 - as in `ensure`

    recipe = load(name, recipes)
    store = Cache(cache)
    tell = progress or _silent
    with store.locked(on_wait=lambda: tell(f"{name}: waiting for another process that builds images")):
        return make(recipe, archives or host_archives(), store, tell)


def stored(*, cache: Path | None = None) -> list[Image]:
    """Return every whole image in the cache, by name and newest first, whether or not a recipe would still make it."""
    return Cache(cache).stored()


def prune(*, everything: bool = False, cache: Path | None = None, recipes: Path | None = None) -> list[Path]:
    """Remove images that `find` would not return, left-overs of interrupted builds, and logs; return what went.

    With `everything`, all images and all fetched packages go. Raises `HostError` while another process builds.
    """
    store = Cache(cache)
    if not store.root.is_dir():
        return []
    kept = (
        [] if everything else [image for name in names(recipes) if (image := find(name, cache=cache, recipes=recipes))]
    )
    with store.locked():
        return store.prune(kept, packages=everything)


def _silent(_line: str) -> None:
    pass
