"""Building: mmdebstrap makes a tree of packages, the recipe's script works in it, and the outputs land in a folder.

The build has no network: every package was fetched before. It runs in mount, process and network namespaces of its
own, so that the host's mounts stay as they are and nothing outlives this process, whatever ends it. Who is not root is
root in a user namespace for it.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.errors import HarnessError, HostError, Missing
from harness.images.recipe import STAGES
from harness.sandbox import confined, host, user_namespace
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import BinaryIO

    from harness.images.apt import Apt
    from harness.images.recipe import Archive, Recipe

PROGRAMS = {"mmdebstrap": "mmdebstrap", "zstd": "zstd"}
HOOKS = "/usr/share/mmdebstrap/hooks/merged-usr"
LOG_LINES = 15


class BuildFailed(HarnessError):  # noqa: N818 - it says what happened, as its neighbours in harness.errors
    """A build ended without its outputs. The message says how; why stands in the log."""


def missing() -> tuple[Missing, ...]:
    """Return what a build needs and this host lacks: programs, and for who is not root, ids for the files' owners."""
    programs = (host.no_program(program, package) for program, package in PROGRAMS.items() if not shutil.which(program))
    return (*programs, *_missing_ids())


def _missing_ids() -> tuple[Missing, ...]:
    lacking = user_namespace.plan().lacking if user_namespace.needed() else None
    if lacking is None:
        return ()
    remedy = f"{lacking.remedy}; or copy ~/.cache/harness/images of a user who may build them"
    return (Missing(f"an image has files of several owners, and {lacking.what}", remedy),)


def check_room(recipe: Recipe, folder: Path) -> None:
    """Raise `HostError` where the file system of the folder has less room than the recipe's build takes."""
    free = shutil.disk_usage(folder).free // MiB
    if free < recipe.scratch_mib:
        what = f"building the image {recipe.name} takes {recipe.scratch_mib} MiB in {folder}, {free} MiB are free"
        raise HostError(Missing(what, "make room, or set XDG_CACHE_HOME to a folder on a larger file system"))


@dataclass(frozen=True)
class Folders:
    """Where a build works: `scratch` is for its tree, `output` for the image's files, and `log` takes what it says."""

    scratch: Path
    output: Path
    log: Path


def build(recipe: Recipe, packages: Sequence[str], apt: Apt, folders: Folders) -> None:
    """Build a recipe of packages that were fetched.

    Raises `BuildFailed` where it fails; the log says why.
    """
    command = confined.command(_mmdebstrap(recipe, packages, apt, folders.output), pid=True, net=True)
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "TMPDIR": str(folders.scratch)}
    with folders.log.open("wb") as said:
        status = _run(command, environment, recipe.archive, folders.output, said)
    absent = [name for name in recipe.files.values() if not (folders.output / name).is_file()]
    if status or absent:
        why = f"it ended with status {status}" if status else f"it made no {', '.join(absent)}"
        raise BuildFailed(why)


def last_lines(log: Path) -> list[str]:
    """Return the last lines of a log; where a line was overwritten by carriage returns, what stood last."""
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line for line in lines if line.strip()][-LOG_LINES:]


def _mmdebstrap(recipe: Recipe, packages: Sequence[str], apt: Apt, output: Path) -> list[str]:
    included = [name for name in packages if not name.startswith("?")]
    return [
        "mmdebstrap",
        f"--variant={recipe.variant}",
        "--skip=update,check/qemu,check/signed-by",
        f"--include={','.join(included)}",
        *_hooks(recipe, apt, output),
        "",
        "-" if recipe.archive else "/dev/null",
        str(apt.sources_file),
    ]


def _hooks(recipe: Recipe, apt: Apt, output: Path) -> list[str]:
    # In the tree, /harness holds the recipe and takes what its script makes. Special hooks work in every mode.
    brought = {
        "/harness/recipe": recipe.folder,
        "/var/lib/apt/lists": apt.lists,
        "/var/cache/apt/archives": apt.archives,
    }
    if recipe.common:
        brought["/harness/common"] = recipe.common
    stages = [stage for stage in STAGES if recipe.script(stage)]
    last = stages[-1]
    return [
        *(f'--setup-hook=mkdir -p "$1"{inside}' for inside in ("/harness/out", *brought)),
        *(f"--setup-hook=sync-in {shlex.quote(str(path))} {inside}" for inside, path in brought.items()),
        *_merged_usr(recipe),
        *(f'--{stage}-hook=chroot "$1" /bin/sh /harness/recipe/{stage}.sh' for stage in stages),
        f"--{last}-hook=sync-out /harness/out {shlex.quote(str(output))}",
        f'--{last}-hook=rm -rf "$1"/harness',
    ]


def _merged_usr(recipe: Recipe) -> list[str]:
    if recipe.variant != "extract":
        return [f"--hook-dir={HOOKS}"]
    # Nothing but packages is unpacked, and not every release has the links in a package.
    return [
        '--setup-hook=for name in bin sbin lib lib64; do mkdir -p "$1/usr/$name"; ln -s "usr/$name" "$1/$name"; done'
    ]


def _run(command: list[str], environment: dict[str, str], archive: Archive | None, output: Path, said: BinaryIO) -> int:
    if archive is None:
        return subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, check=False
        ).returncode
    pack = ["zstd", "--quiet", f"-{archive.level}", "--long=25", "--threads=0", "-o", str(output / archive.name)]
    with (
        subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said
        ) as make,
        subprocess.Popen(pack, stdin=make.stdout, stderr=said) as packing,
    ):
        if make.stdout:
            make.stdout.close()
        packing.wait()
        return make.wait() or packing.returncode
