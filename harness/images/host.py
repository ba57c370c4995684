"""What this host's apt is set up to use: its distribution, and the archives that serve it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.errors import HostError, Missing
from harness.images.sources import Distribution, Source, parse_deb822, parse_list, serving

RELEASE_FILE = Path("/etc/os-release")
APT_FOLDER = Path("/etc/apt")
OPTIONS_HINT = "name an archive: harness images build --mirror URL --suite NAME"


def distribution(release_file: Path = RELEASE_FILE) -> Distribution:
    """Return the host's distribution; one derived from Debian or Ubuntu counts as what it is derived from.

    Raises `HostError` where it is derived from neither.
    """
    facts = _facts(release_file.read_text(encoding="utf-8") if release_file.exists() else "")
    family = [facts.get("ID", ""), *facts.get("ID_LIKE", "").split()]
    if "ubuntu" in family:
        codename = facts.get("UBUNTU_CODENAME") or facts.get("VERSION_CODENAME")
        name = "ubuntu"
    else:
        codename = facts.get("DEBIAN_CODENAME") or facts.get("VERSION_CODENAME")
        name = "debian"
    if name not in family or not codename:
        what = f"{release_file} names neither a Debian nor an Ubuntu release"
        raise HostError(Missing(what, OPTIONS_HINT))
    return Distribution(name, codename)


def _facts(text: str) -> dict[str, str]:
    pairs = (line.partition("=")[::2] for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip().strip("\"'") for name, value in pairs}


def sources(serves: Distribution, apt_folder: Path = APT_FOLDER) -> list[Source]:
    """Return the host's archives of a distribution, in the order of the files' names.

    Raises `HostError` where the host has none.
    """
    found = serving(_all_sources(apt_folder), serves)
    if not found:
        what = f"no archive of {serves.name} {serves.codename} among the source lists in {apt_folder}"
        raise HostError(Missing(what, OPTIONS_HINT))
    return found


def _all_sources(apt_folder: Path) -> list[Source]:
    found = []
    parts = apt_folder / "sources.list.d"
    for path in [apt_folder / "sources.list", *sorted(parts.glob("*.list")), *sorted(parts.glob("*.sources"))]:
        if path.is_file():
            parse = parse_deb822 if path.suffix == ".sources" else parse_list
            found += parse(path.read_text(encoding="utf-8", errors="replace"))
    return found


def mirror(url: str, suite: str) -> tuple[Distribution, list[Source]]:
    """Return what `--mirror URL --suite NAME` asks for: one suite of one archive, signed by a key that apt trusts.

    Whether it is Debian's or Ubuntu's is taken from the host, and `debian` where the host is neither.
    """
    try:
        name = distribution().name
    except HostError:
        name = "debian"
    asked = Distribution(name, suite)
    keyring = next((path for path in _keyrings(name) if path.exists()), None)
    signed = {"Signed-By": str(keyring)} if keyring else {}
    return asked, [Source((url,), (suite,), asked.components, signed)]


def _keyrings(name: str) -> list[Path]:
    return [Path(f"/usr/share/keyrings/{name}-archive-keyring{suffix}") for suffix in (".gpg", ".pgp")]


def architecture() -> str:
    """Return dpkg's name of the host's architecture, as in `amd64`. Raises `HostError` where there is no dpkg."""
    try:
        done = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise HostError(Missing("no program dpkg", "build the images on Debian or Ubuntu")) from error
    return done.stdout.strip()
