"""What an incident's folder holds: captures, journals, cluster configurations, a topology; each told by its content."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import re
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from harness.capture.files.pcap import FORMATS
from harness.capture.files.pcapng_format import MAGIC as PCAPNG
from harness.capture.files.source import GZIP
from harness.errors import Problem, SpecError
from harness.incident.files import refused
from harness.incident.files.configuration import Config, is_config, problem, without_clashes
from harness.incident.files.journal import is_entry
from harness.incident.unread import Unread
from harness.topology.loader import load
from harness.topology.model import Topology

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPECTED = "captures (*.pcap, *.pcapng), journals (journalctl -o json), cluster-config.json or a topology (*.yaml)"
XZ = b"\xfd7zXZ\x00"
BZIP2 = b"BZh"
LOOK = 1 << 16
"""Octets at a file's start by which it is told what it is."""
LARGEST_CONFIG = 1 << 20
TOPOLOGY = re.compile(rb"^[\"']?(?:machines|vlans)[\"']?\s*:", re.MULTILINE)
"""What every topology has; other YAML is not held against its model."""


class _Kind(Enum):
    CAPTURE = auto()
    JOURNAL = auto()


@dataclass(frozen=True)
class Source:
    """A file of the incident: where it is, and its path within the folder, by which evidence names it."""

    path: Path
    name: str

    def open(self) -> IO[bytes]:
        """Open it, unpacked where gzip, xz or bzip2 packed it. Raises `OSError`."""
        with self.path.open("rb") as file:
            start = file.read(len(XZ))
        if start.startswith(GZIP):
            return cast("IO[bytes]", gzip.open(self.path))
        if start.startswith(BZIP2):
            return bz2.open(self.path)
        return lzma.open(self.path) if start == XZ else self.path.open("rb")


@dataclass(frozen=True)
class Incident:
    """What was collected of a failure. `unread` grows while captures and journals are read through."""

    folder: Path
    captures: tuple[Source, ...] = ()
    journals: tuple[Source, ...] = ()
    configs: tuple[Config, ...] = ()
    topology: Topology | None = None
    unread: list[Unread] = field(default_factory=list)


def open_incident(folder: Path) -> Incident:
    """Return what a folder and those in it hold. What can't be read is listed in `unread`, and the rest goes on.

    Raises `SpecError` where there is no such folder, or nothing in it that can be read.
    """
    try:
        found = None if folder.is_dir() else "a file" if folder.exists() else "no such folder"
    except OSError as error:
        found = _because(error)
    if found is not None:
        raise SpecError([Problem(str(folder), 1, found, f"a folder with {EXPECTED}")])
    incident = _Found(folder)
    for source in _files(folder, incident.unread):
        try:
            incident.take(source, _look(source))
        except (OSError, EOFError, lzma.LZMAError) as error:
            incident.unread.append(Unread(source.name, _because(error)))
        except SpecError as error:
            incident.unread += [
                Unread(source.name, f"{one.message}, expected {one.expected}", one.line) for one in error.problems
            ]
    return incident.whole()


class _Found:
    """What was found so far."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.unread: list[Unread] = []
        self._captures: list[Source] = []
        self._journals: list[Source] = []
        self._configs: list[Config] = []
        self._topologies: list[tuple[str, Topology]] = []

    def take(self, source: Source, what: _Kind | Config | Unread | Topology) -> None:
        """Take a file for what it is."""
        match what:
            case _Kind.CAPTURE:
                self._captures.append(source)
            case _Kind.JOURNAL:
                self._journals.append(source)
            case Config():
                self._configs.append(what)
            case Unread():
                self.unread.append(what)
            case Topology():
                self._topologies.append((source.name, what))

    def whole(self) -> Incident:
        """Return the incident. Raises `SpecError` where nothing was found."""
        if not (self._captures or self._journals or self._configs or self._topologies):
            files = "".join(f"\n  {one}" for one in self.unread)
            message = f"nothing that can be read{files and ':'}{files}"
            raise SpecError([Problem(str(self.folder), 1, message, EXPECTED)])
        for name, _ in self._topologies[1:]:
            self.unread.append(Unread(name, f"another topology; {self._topologies[0][0]} is taken"))
        topology = self._topologies[0][1] if self._topologies else None
        configs, clashes = without_clashes(self._configs)
        self.unread += clashes
        found = (tuple(self._captures), tuple(self._journals), tuple(configs))
        return Incident(self.folder, *found, topology, self.unread)


def _files(folder: Path, unread: list[Unread]) -> Iterator[Source]:
    """Yield the files of a folder and those below it in the order of their names; hidden ones are nobody's evidence."""

    def name_of(path: Path) -> str:
        return _shown(os.path.relpath(path, folder))

    def denied(error: OSError) -> None:
        unread.append(Unread(name_of(Path(error.filename)) if error.filename else str(folder), _because(error)))

    for at, folders, files in os.walk(folder, onerror=denied):
        folders[:] = sorted(one for one in folders if not one.startswith("."))
        for name in sorted(one for one in (*files, *folders) if not one.startswith(".")):
            path = Path(at, name)
            if path.is_file():
                yield Source(path, name_of(path))
            elif not path.is_dir():
                nothing = "a link that leads nowhere" if path.is_symlink() else "no file, but a pipe, socket or device"
                unread.append(Unread(name_of(path), nothing))
            elif path.is_symlink():
                unread.append(Unread(name_of(path), "a link to a folder, which is not followed"))


def _shown(path: str) -> str:
    """Return a path as a text that can be written on one line, whatever octets a file's name has."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


def _look(source: Source) -> _Kind | Config | Unread | Topology:
    """Return what a file is. Raises `OSError` and the errors of what packed it, and `SpecError` for a bad topology."""
    with source.open() as file:
        start = file.read(LOOK)
    if start[:4] in FORMATS or start[:4] == PCAPNG:
        return _Kind.CAPTURE
    if not start:
        return Unread(source.name, "an empty file")
    if (why := refused.why(start)) is not None:
        return Unread(source.name, why)
    if source.path.suffix in {".yaml", ".yml"}:
        none = Unread(source.name, "YAML, but no topology; expected one with machines")
        return load(source.path) if TOPOLOGY.search(start) else none
    return _told_by_json(source, start)


def _told_by_json(source: Source, start: bytes) -> _Kind | Config | Unread:
    if b'"__REALTIME_TIMESTAMP"' in start:
        return _Kind.JOURNAL
    if not start.lstrip(b"\x1e \t\r\n").startswith(b"{"):
        return Unread(source.name, f"neither of what was expected: {EXPECTED}")
    with source.open() as file:
        text = file.read(LARGEST_CONFIG)
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return Unread(source.name, "JSON, but neither a journal's (no __REALTIME_TIMESTAMP) nor a cluster-config.json")
    if is_entry(values):
        return _Kind.JOURNAL
    if is_config(values):
        wrong = problem(values)
        return Config(source.name, values) if wrong is None else Unread(source.name, wrong)
    return Unread(source.name, "JSON, but neither a journal's nor a cluster-config.json (no node_id)")


def _because(error: Exception) -> str:
    return f"can't be read: {(isinstance(error, OSError) and error.strerror) or error}"
