"""A package archive on the disk, for a private apt: unsigned, with packages that hold nothing."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from harness.images.sources import Source

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CONTROL = """\
Package: {name}
Version: {version}
Architecture: all
Maintainer: nobody <nobody@example.org>
Description: {name}
"""


def make_archive(folder: Path, packages: Mapping[str, str], depends: Mapping[str, str] | None = None) -> Source:
    """Make an archive of packages of those versions, and return the source that serves it."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.deb"):
        old.unlink()
    index = [_make_package(folder, name, version, (depends or {}).get(name)) for name, version in packages.items()]
    (folder / "Packages").write_text("\n".join(index))
    return Source((f"file:{folder}",), ("./",), (), {"Trusted": "yes"})


def _make_package(folder: Path, name: str, version: str, depends: str | None) -> str:
    control = CONTROL.format(name=name, version=version) + (f"Depends: {depends}\n" if depends else "")
    tree = folder / name
    (tree / "DEBIAN").mkdir(parents=True, exist_ok=True)
    (tree / "DEBIAN").chmod(0o755)  # whatever the umask: dpkg-deb takes no other
    (tree / "DEBIAN/control").write_text(control)
    deb = folder / f"{name}_{version}_all.deb"
    subprocess.run(["dpkg-deb", "--build", "--root-owner-group", tree, deb], check=True, capture_output=True)
    return f"{control}Filename: ./{deb.name}\nSize: {deb.stat().st_size}\nSHA256: {_sha256(deb)}\n"


def _sha256(path: Path) -> str:
    return subprocess.run(["sha256sum", path], check=True, capture_output=True, text=True).stdout.split()[0]
