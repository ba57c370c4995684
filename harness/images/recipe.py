"""Recipes: folders under `images/` at the top of the repository that say what an image is built from."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import harness
from harness.errors import HostError, Missing, Problem, SpecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RECIPE_FILE = "recipe.toml"
COMMON = "common"
STAGES = ("extract", "essential", "customize")
VARIANTS = ("extract", "essential")
KEYS = frozenset({"description", "variant", "scratch_mib", "files", "archive", "packages", "distribution"})
REQUIRED = frozenset({"description", "variant", "scratch_mib", "files", "packages", "distribution"})


@dataclass(frozen=True)
class Archive:
    """How the whole tree is packed into the file `name`: a tar, compressed by zstd at `level`."""

    name: str
    level: int


@dataclass(frozen=True)
class Recipe:
    """What an image is built from. `folder` holds the scripts and files that the build runs and copies."""

    name: str
    folder: Path
    description: str
    variant: str
    scratch_mib: int
    files: Mapping[str, str]
    archive: Archive | None
    common_packages: tuple[str, ...]
    distribution_packages: Mapping[str, tuple[str, ...]]

    def packages(self, distribution: str) -> tuple[str, ...]:
        """Return the packages to install on `debian` or `ubuntu`. Raises `HostError` for a distribution it lacks."""
        if distribution not in self.distribution_packages:
            known = " or ".join(sorted(self.distribution_packages))
            raise HostError(Missing(f"the image {self.name} has no recipe for {distribution}", f"build it on {known}"))
        return self.common_packages + self.distribution_packages[distribution]

    def script(self, stage: str) -> Path | None:
        """Return the script that runs in the tree at a stage of `STAGES`, or None where the recipe has none."""
        path = self.folder / f"{stage}.sh"
        return path if path.exists() else None

    @property
    def common(self) -> Path | None:
        """The folder of what all recipes share, beside this one, or None where there is none."""
        path = self.folder.parent / COMMON
        return path if path.is_dir() else None

    def digest(self) -> str:
        """Return a hash of every file that the build takes: names, contents, and whether they are executable."""
        whole = hashlib.sha256()
        for folder in filter(None, (self.folder, self.common)):
            for path in sorted(folder.rglob("*")):
                if path.is_file():
                    whole.update(_fingerprint(path, folder.parent).encode())
        return whole.hexdigest()


def _fingerprint(path: Path, base: Path) -> str:
    executable = bool(path.stat().st_mode & 0o100)
    return f"{path.relative_to(base)}\0{executable}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


def recipes_folder() -> Path:
    """Return the folder of the recipes. Raises `HostError` where the harness does not run from its repository."""
    folder = Path(harness.__file__).parents[1] / "images"
    if not folder.is_dir():
        remedy = "run the harness from a checkout of its repository (pip install --editable .)"
        raise HostError(Missing(f"no recipes of images at {folder}", remedy))
    return folder


def names(folder: Path | None = None) -> tuple[str, ...]:
    """Return the names of the recipes, sorted. Raises as `recipes_folder`."""
    parent = folder or recipes_folder()
    return tuple(sorted(path.parent.name for path in parent.glob(f"*/{RECIPE_FILE}")))


def check(wanted: Iterable[str], folder: Path | None = None) -> None:
    """Raise `HostError` with every name that no recipe has."""
    known = names(folder)
    remedy = f"name one of: {', '.join(known) or 'none'}"
    if unknown := [Missing(f"no image is called {name!r}", remedy) for name in wanted if name not in known]:
        raise HostError(*unknown)


def load(name: str, folder: Path | None = None) -> Recipe:
    """Read a recipe by its name. Raises `HostError` where there is none, and `SpecError` where it can't be used."""
    parent = folder or recipes_folder()
    check([name], parent)
    path = parent / name / RECIPE_FILE
    try:
        return _recipe(name, path.parent, tomllib.loads(path.read_text(encoding="utf-8")))
    except tomllib.TOMLDecodeError as error:
        raise SpecError([Problem(str(path), 1, str(error), "TOML")]) from error
    except _UnusableError as error:
        raise SpecError([Problem(str(path), 1, error.message, error.expected)]) from error


class _UnusableError(Exception):
    def __init__(self, message: str, expected: str) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected


def _recipe(name: str, folder: Path, given: Mapping[str, Any]) -> Recipe:
    if unknown := sorted(given.keys() - KEYS):
        raise _UnusableError(f"unknown key {unknown[0]!r}", f"one of {', '.join(sorted(KEYS))}")
    if missing := sorted(REQUIRED - given.keys()):
        raise _UnusableError(f"no key {missing[0]!r}", "it to be there")
    if given["variant"] not in VARIANTS:
        raise _UnusableError(f"variant {given['variant']!r}", f"one of {', '.join(VARIANTS)}")
    if type(given["scratch_mib"]) is not int:
        raise _UnusableError("scratch_mib is no number", "the MiB that a build takes")
    return Recipe(
        name=name,
        folder=folder,
        description=given["description"],
        variant=given["variant"],
        scratch_mib=given["scratch_mib"],
        files=_files(given["files"]),
        archive=_archive(given.get("archive")),
        common_packages=_texts("packages", given["packages"]),
        distribution_packages=_distributions(given["distribution"]),
    )


def _texts(where: str, given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise _UnusableError(f"{where} is no list of texts", "names of packages")
    return tuple(given)


def _files(given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise _UnusableError("files is no table of texts", 'purposes and file names, as in { kernel = "vmlinuz" }')
    for name in given.values():
        if Path(name).name != name:
            raise _UnusableError(f"{name!r} is no plain file name", "a name without a folder")
    return given


def _archive(given: object) -> Archive | None:
    match given:
        case None:
            return None
        case {"name": str(name), "level": int(level), **others} if not others:
            return Archive(name, level)
    raise _UnusableError("archive is not usable", 'as in { name = "node.tar.zst", level = 19 }')


def _distributions(given: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(given, dict):
        raise _UnusableError("distribution is no table", "a table for each distribution")
    for name, table in given.items():
        if not isinstance(table, dict) or table.keys() != {"packages"}:
            raise _UnusableError(f"distribution.{name} has no list of packages", "it, and nothing else")
    return {name: _texts(f"distribution.{name}.packages", table["packages"]) for name, table in given.items()}
