"""Making an image: which packages it takes today, whether that image is there already, and if not, its build."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from harness.errors import HostError, LabError
from harness.images import builder, host
from harness.images.apt import Apt, without_foreign
from harness.images.cache import Facts
from harness.units import MiB, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from harness.images.apt import Package
    from harness.images.cache import Cache, Image
    from harness.images.recipe import Recipe
    from harness.images.sources import Distribution, Source

KEY_LENGTH = 16
MANIFEST = "manifest"
LOG = "build.log"


@dataclass(frozen=True)
class Archives:
    """Where packages are taken from. With `check_origin`, other vendors' archives among them are left out."""

    distribution: Distribution
    sources: Sequence[Source]
    check_origin: bool


def host_archives() -> Archives:
    """Return the archives that the host's own apt uses. Raises `HostError` where none serves a known distribution."""
    distribution = host.distribution()
    return Archives(distribution, host.sources(distribution), check_origin=True)


def mirror_archives(url: str, suite: str) -> Archives:
    """Return one suite of one archive."""
    distribution, sources = host.mirror(url, suite)
    return Archives(distribution, sources, check_origin=False)


def make(recipe: Recipe, archives: Archives, cache: Cache, tell: Callable[[str], None]) -> Image:
    """Return the image of the recipe with today's packages, building it where it is not there. Hold the cache's lock.

    Raises `HostError` and `LabError` as `harness.images.store.ensure`.
    """
    if missing := builder.missing():
        raise HostError(*missing)
    asked = _asked(recipe, archives.distribution)
    apt = Apt(cache.packages)
    tell(f"{recipe.name}: looking up packages")
    _update(apt, archives)
    resolved = apt.resolve(asked)
    digest = recipe.digest()
    key = image_key(digest, archives.distribution, resolved)
    if found := cache.by_key(recipe.name, key):
        tell(f"{recipe.name}: up to date")
        return found
    builder.check_room(recipe, cache.root)
    tell(f"{recipe.name}: fetching what is missing of {len(resolved)} packages")
    apt.download(asked)
    return _build(_Job(recipe, digest, asked, resolved, key), apt, cache, tell)


def image_key(digest: str, distribution: Distribution, packages: Iterable[Package]) -> str:
    """Return the name of an image's folder: a hash of its recipe's digest and of all its packages' versions."""
    parts = [digest, distribution.name, distribution.codename, *(str(package) for package in sorted(packages))]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:KEY_LENGTH]


@dataclass(frozen=True)
class _Job:
    recipe: Recipe
    digest: str
    asked: Sequence[str]
    resolved: Sequence[Package]
    key: str


def _asked(recipe: Recipe, distribution: Distribution) -> tuple[str, ...]:
    packages = recipe.packages(distribution.name)
    # A tree of installed packages has the essential ones beside those that the recipe names.
    return packages if recipe.variant == "extract" else ("?essential", *packages)


def _update(apt: Apt, archives: Archives) -> None:
    apt.update(archives.sources)
    if archives.check_origin:
        own = without_foreign(archives.sources, apt.origins(), archives.distribution.name)
        if own != list(archives.sources):
            apt.update(own)


def _build(job: _Job, apt: Apt, cache: Cache, tell: Callable[[str], None]) -> Image:
    started = time.monotonic()
    with cache.workplace(job.recipe.name) as place:
        output, scratch, log = place / "output", place / "scratch", place / LOG
        output.mkdir()
        scratch.mkdir()
        tell(f"{job.recipe.name}: building ({log})")
        try:
            builder.build(job.recipe, job.asked, apt, builder.Folders(scratch, output, log))
        except builder.BuildFailed as failure:
            kept = cache.keep_log(job.recipe.name, log)
            message = f"the image {job.recipe.name} was not built: {failure}"
            raise LabError(message, console=builder.last_lines(kept), evidence=kept) from failure
        (output / MANIFEST).write_text("".join(f"{package}\n" for package in job.resolved), encoding="utf-8")
        if job.recipe.digest() != job.digest:
            raise LabError(f"the recipe of the image {job.recipe.name} changed while it was built; build it again")
        image = cache.publish(output, job.recipe.name, job.key, _facts(job, output))
    took = format_duration(timedelta(seconds=time.monotonic() - started))
    tell(f"{image.name}: {image.size / MiB:.0f} MiB, built in {took}")
    return image


def _facts(job: _Job, output: Path) -> Facts:
    files = {**job.recipe.files, "manifest": MANIFEST}
    sizes = {name: (output / name).stat().st_size for name in files.values()}
    return Facts(recipe=job.digest, created=time.time(), files=files, sizes=sizes)
