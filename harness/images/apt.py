"""A private apt: the host's settings for proxies, keys and credentials, but lists, packages and status of its own.

It runs as any user, and touches nothing of the host's apt. What it starts ends with this process, whatever ends it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.images.sources import Source, as_file
from harness.sandbox import confined

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

INSTALLED = re.compile(r"^Inst (?P<name>\S+) (?:\[[^]]*\] )?\((?P<version>\S+) .*\[(?P<architecture>[^]]+)\]\)")
NETWORK_REMEDY = (
    "connect this machine, or check the proxy in /etc/apt/apt.conf.d, or name an archive that it reaches: "
    "harness images build --mirror URL --suite NAME"
)
SHOWN_ERRORS = 3

# Hooks of the host must not run for a private apt, and what it downloads is not installed by this apt. Index targets
# that packages of the host have added would be fetched for nothing. An unreachable archive is said within seconds.
CONFIGURATION = """\
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
APT::Get::Assume-Yes "true";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
APT::Keep-Downloaded-Packages "true";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::EnableSrvRecords "false";
Acquire::http::Timeout "10";
Acquire::https::Timeout "10";
Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-small::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-hidpi::DefaultEnabled "false";
Acquire::IndexTargets::deb::DEP-11-icons-large-hidpi::DefaultEnabled "false";
Acquire::IndexTargets::deb::CNF::DefaultEnabled "false";
"""


@dataclass(frozen=True, order=True)
class Package:
    """A binary package of one version."""

    name: str
    version: str
    architecture: str

    def __str__(self) -> str:
        return f"{self.name} {self.version} {self.architecture}"


class Apt:
    """A private apt in a folder of its own, which it may share with its own earlier runs, one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lists = folder / "lists"
        self.archives = folder / "archives"
        self._configuration = folder / "apt.conf"
        self.sources_file = folder / "harness.sources"
        self._status = folder / "status"

    def update(self, sources: Sequence[Source]) -> list[Source]:
        """Fetch the lists of the sources, and return the sources. Raises `HostError` where one can't be reached."""
        self._prepare(sources)
        done = self._run("update")
        if done.returncode:
            what = f"the package lists could not be fetched ({_reasons(done.stderr)})"
            raise HostError(Missing(what, NETWORK_REMEDY))
        return list(sources)

    def origins(self) -> dict[tuple[str, str], str]:
        """Return, by archive and suite as the sources name them, who publishes it: `Debian`, as an archive says it."""
        done = self._run("indextargets", "--format", "$(REPO_URI) $(RELEASE) $(ORIGIN)", "Created-By: Packages")
        words = (line.split(maxsplit=2) for line in done.stdout.splitlines())
        return {(uri.rstrip("/"), suite): origin for uri, suite, origin in words}

    def resolve(self, packages: Iterable[str]) -> tuple[Package, ...]:
        """Return all packages that an empty system would install for these. Raises `HostError` where it can't."""
        done = self._run("install", "--simulate", *packages)
        if done.returncode:
            what = f"the archives do not serve the packages of the recipe ({_reasons(done.stderr)})"
            raise HostError(Missing(what, "build on a release that has them, or adapt the recipe"))
        matches = (INSTALLED.match(line) for line in done.stdout.splitlines())
        return tuple(sorted(Package(**match.groupdict()) for match in matches if match))

    def download(self, packages: Iterable[str]) -> None:
        """Fetch these packages and what they depend on; what is there already is kept. Raises `HostError`."""
        self._run("autoclean")
        done = self._run("install", "--download-only", *packages)
        if done.returncode:
            raise HostError(Missing(f"packages could not be fetched ({_reasons(done.stderr)})", NETWORK_REMEDY))

    def _prepare(self, sources: Sequence[Source]) -> None:
        for folder in (self.lists / "partial", self.archives / "partial"):
            folder.mkdir(parents=True, exist_ok=True)
        self._status.touch()
        self.sources_file.write_text(as_file(sources), encoding="utf-8")
        own = {
            "Dir::Etc::sourcelist": self.sources_file,
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "Dir::State": self.folder,
            "Dir::State::lists": self.lists,
            "Dir::State::status": self._status,
            "Dir::Cache": self.folder,
            "Dir::Cache::archives": self.archives,
        }
        lines = "".join(f'{name} "{value}";\n' for name, value in own.items())
        self._configuration.write_text(CONFIGURATION + lines, encoding="utf-8")

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = ["apt-get", "--config-file", str(self._configuration), "--quiet=2", *words]
        # Without RES_OPTIONS (resolv.conf(5)) a name server that never answers holds up each archive for 20 s.
        environment = {"LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive", "RES_OPTIONS": "timeout:2 attempts:2"}
        if shutil.which("apt-get") is None:
            raise HostError(Missing("no program apt-get", "build the images on Debian or Ubuntu"))
        return subprocess.run(
            confined.command(command, pid=True),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
        )


def without_foreign(sources: Sequence[Source], origins: dict[tuple[str, str], str], name: str) -> list[Source]:
    """Return the sources without those that another vendor publishes, going by the `Origin` of each archive.

    Where no archive at all has the distribution's name for its origin, as with some mirrors of companies, every
    source stays.
    """
    apart = [
        replace(source, uris=(uri,), suites=(suite,))
        for source in sources
        for uri in source.uris
        for suite in source.suites
    ]
    own = [one for one in apart if origins.get((one.uris[0].rstrip("/"), one.suites[0]), "").lower() == name]
    return own if own and len(own) < len(apart) else list(sources)


def _reasons(errors: str) -> str:
    lines = [line.removeprefix("E: ") for line in errors.splitlines() if line.startswith("E: ")]
    telling = [line for line in dict.fromkeys(lines) if not line.startswith("Some index files")]
    more = f"; and {len(telling) - SHOWN_ERRORS} more" if len(telling) > SHOWN_ERRORS else ""
    return "; ".join(telling[:SHOWN_ERRORS]) + more or errors.strip() or "apt-get said nothing"
