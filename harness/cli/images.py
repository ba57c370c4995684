"""`harness images`: build, list and prune what machines boot."""

from __future__ import annotations

import json

import click

from harness.images import store
from harness.images.making import mirror_archives
from harness.images.recipe import check, names
from harness.units import MiB


@click.group()
def command() -> None:
    """Build, list and prune what machines boot."""


@command.command(short_help="Build images that are missing or not of today.")
@click.argument("images", nargs=-1, metavar="[NAME...]")
@click.option("--mirror", metavar="URL", help="Take packages from this archive, not from those of the host's apt.")
@click.option("--suite", metavar="NAME", help="The release to take from the archive, as in bookworm.")
def build(images: tuple[str, ...], mirror: str | None, suite: str | None) -> None:
    """Build the images called NAME, or all, unless they are there with today's packages already."""
    if (mirror is None) != (suite is None):
        raise click.UsageError("--mirror and --suite go together")
    check(images)
    archives = mirror_archives(mirror, suite) if mirror and suite else None
    for name in images or names():
        image = store.refresh(name, archives=archives, progress=lambda line: click.echo(line, err=True))
        click.echo(f"{name} {image.folder}")


@command.command("list", short_help="Print the images in the cache.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def list_images(as_json: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Print every image in the cache, and of those that recipes make, which are missing."""
    stored = store.stored()
    used = {name: store.find(name) for name in names()}
    if as_json:
        click.echo(json.dumps([_described(image, used=used.get(image.name) == image) for image in stored], indent=2))
        return
    for image in stored:
        mark = "" if used.get(image.name) == image else "  (unused: `harness images prune` removes it)"
        click.echo(f"{image.name} {image.key} {image.size / MiB:.0f} MiB {image.folder}{mark}")
    for name in (name for name, image in used.items() if image is None):
        click.echo(f"{name} is not built: harness images build {name}")


@command.command(short_help="Remove what nobody needs of the cache.")
@click.option("--all", "everything", is_flag=True, help="Remove every image, and all fetched packages.")
def prune(everything: bool) -> None:  # noqa: FBT001 - click passes options by name
    """Remove images that no recipe of today has made, and what interrupted builds have left."""
    for path in store.prune(everything=everything):
        click.echo(f"removed {path}")


def _described(image: store.Image, *, used: bool) -> dict[str, object]:
    files = {purpose: str(path) for purpose, path in image.files.items()}
    return {"name": image.name, "key": image.key, "bytes": image.size, "used": used, "files": files}
