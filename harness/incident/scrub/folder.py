"""Scrub an incident's folder into another one: learn who and what is in it, replace all of it, and look again."""

from __future__ import annotations

import json
import lzma
import re
from collections import Counter
from itertools import chain, count
from pathlib import Path, PurePath
from typing import IO, TYPE_CHECKING, Any

from harness.errors import Problem, SpecError
from harness.incident.files.folder import open_incident
from harness.incident.files.journal import objects
from harness.incident.scrub import captures, documents
from harness.incident.scrub.addresses import Addresses
from harness.incident.scrub.frames import Frames
from harness.incident.scrub.key import Key
from harness.incident.scrub.leaks import Leaks
from harness.incident.scrub.names import Names
from harness.incident.scrub.payloads import Payloads
from harness.incident.scrub.report import Report
from harness.incident.scrub.text import Text
from harness.incident.scrub.vocabulary import PARTS
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.files.folder import Incident, Source

PACKED = re.compile(r"\.(?:gz|xz|bz2)$")
REACH = 32
"""Octets of a payload from which the mark is made that stands for it; snapped captures have as many, too."""


def scrub(
    folder: Path, target: Path, *, keep: Iterable[str] = (), names: Iterable[str] = (), secret: bytes | None = None
) -> Report:
    """Write everything of an incident that is understood into another folder, under other names and addresses.

    The same is replaced by the same in all files, by a secret that is drawn anew and forgotten; `secret` is for who has
    to get the same again. `keep` are names that stay, `names` words that have to go beside those that are found. Frames
    keep their times and lengths, and of what they carry what DHCP, TFTP, DNS, ARP, ICMP and HTTP's heads say. What
    can't be scrubbed is refused: it is not in the target.

    Raises `SpecError` where the folder has nothing that can be read, or the target has something in it; `OSError`.
    """
    incident = open_incident(folder)
    if target.exists() and any(target.iterdir()):
        raise SpecError([Problem(str(target), 1, "a folder that is not empty", "one that is, or none yet")])
    if target.resolve().is_relative_to(folder.resolve()):
        raise SpecError([Problem(str(target), 1, "a folder within the incident's own", "one elsewhere")])
    return _Scrubbing(incident, Key(secret), keep, names).into(target)


class _Scrubbing:
    """One incident on its way."""

    def __init__(self, incident: Incident, key: Key, keep: Iterable[str], names: Iterable[str]) -> None:
        self._incident = incident
        self._key = key
        self._names = Names(key, keep)
        for word in names:
            self._names.insist(word)
        self.text = Text(key, Addresses(key), self._names)
        self._refused: list[Unread] = [Unread(one.file, one.why, one.line) for one in incident.unread]
        self._parts: set[str] = set()
        self._counts: Counter[str] = Counter()
        self._written: dict[str, str] = {}

    def into(self, target: Path) -> Report:
        """Learn, write, and look again."""
        self._learn()
        target.mkdir(parents=True, exist_ok=True)
        for source in self._incident.captures:
            self._write(source, target, self._capture)
        for source in self._incident.journals:
            self._write(source, target, self._journal)
        for config in self._incident.configs:
            values = documents.configuration(config.values, self.text)
            self._put(target, config.file, json.dumps(values, indent=2).encode() + b"\n")
        self._topologies(target)
        self._look_again(target)
        return Report(self._written, self._counted(), tuple(self._refused))

    def _learn(self) -> None:
        """Take notice of every name and address; nothing is replaced yet."""
        for config in self._incident.configs:
            documents.learn_configuration(config.values, self.text)
            documents.configuration(config.values, self.text)
        topology = self._incident.topology
        for machine in topology.machines if topology else ():
            self._names.learn(machine.name)
        if topology is not None and topology.stack is not None:
            self._names.learn(topology.stack.domain)
        for path in self._topology_files():
            octets = path.read_bytes()
            self._parts |= {one for one in documents.parts(octets) if one.lower() not in PARTS and len(one) > 1}
            documents.topology(octets, self.text, str)
        for source in self._incident.journals:
            for fields in _entries(source):
                if fields is not None:
                    documents.learn(fields, self.text)
                    documents.entry(fields, self.text)
        for source in self._incident.captures:
            self._capture(source, None)
        self._refused = [Unread(one.file, one.why, one.line) for one in self._incident.unread]
        self._counts.clear()
        self.text.counts.clear()
        self._names.settle()
        try:
            self.text.addresses.prepare()
        except ValueError as many:
            raise SpecError([Problem(str(self._incident.folder), 1, str(many), "an incident of fewer")]) from None

    def _write(self, source: Source, target: Path, scrub: Any) -> None:  # noqa: ANN401 - one of the methods below
        path = self._place(target, source.name)
        with path.open("wb") as file:
            scrub(source, file)
        self._written[source.name] = str(path.relative_to(target))

    def _capture(self, source: Source, file: IO[bytes] | None) -> None:
        payloads = Payloads(self._key, self.text, REACH)
        frames = Frames(payloads)
        try:
            with source.open() as read:
                written = captures.rewrite(read, file, frames.scrub, self._names.plain)
        except (captures.Damaged, OSError, EOFError, lzma.LZMAError) as damage:
            self._refused.append(Unread(source.name, f"{damage}; nothing after that was written"))
            return
        self._counts["frames"] += written.frames
        self._counts["octets of payload zeroed"] += payloads.zeroed
        self._counts["blocks of comments and the like left out"] += written.left_out.total()

    def _journal(self, source: Source, file: IO[bytes]) -> None:
        bad = 0
        for fields in _entries(source):
            if fields is None:
                bad += 1
                continue
            found, left_out = documents.entry(fields, self.text)
            file.writelines(documents.lines([found]))
            self._counts["journal entries"] += 1
            self._counts["journal fields left out"] += left_out
        if bad:
            self._refused.append(Unread(source.name, f"{bad} lines that are no journal entries are left out"))

    def _topology_files(self) -> list[Path]:
        """Return the files that topologies were read from: of several, the first one is the incident's."""
        if self._incident.topology is None:
            return []
        named = {one.file for one in self._refused}
        every = sorted(path for path in self._incident.folder.rglob("*") if path.suffix in {".yaml", ".yml"})
        return [path for path in every if str(path.relative_to(self._incident.folder)) not in named][:1]

    def _topologies(self, target: Path) -> None:
        for path in self._topology_files():
            octets = documents.topology(path.read_bytes(), self.text, self._renamed)
            self._put(target, str(path.relative_to(self._incident.folder)), octets)

    def _renamed(self, said: str) -> str:
        """Return what a topology calls one of its parts, alone or before a slash."""
        return "/".join(self._names.label(one) if one in self._parts else one for one in said.split("/"))

    def _put(self, target: Path, name: str, octets: bytes) -> None:
        path = self._place(target, name)
        path.write_bytes(octets)
        self._written[name] = str(path.relative_to(target))

    def _place(self, target: Path, name: str) -> Path:
        """Return where a file goes: names in its path are replaced, too."""
        path = PurePath(PACKED.sub("", name))
        found = [self._names.plain(self.text.located(part)) for part in path.parts]
        place = Path(target, *found)
        place.parent.mkdir(parents=True, exist_ok=True)
        others = (place.with_name(f"{place.stem}-{number}{place.suffix}") for number in count(2))
        return next(one for one in chain((place,), others) if not one.exists())

    def _look_again(self, target: Path) -> None:
        """Refuse what still has something of the originals in it."""
        leaks = Leaks(self.text)
        for name, place in list(self._written.items()):
            with (target / place).open("rb") as file:
                found = leaks.found(file)
            if found is not None:
                (target / place).unlink()
                del self._written[name]
                self._refused.append(Unread(name, f"it would still have {found} of the original in it"))

    def _counted(self) -> Counter[str]:
        v4, v6, macs = self.text.addresses.originals
        some = {"IPv4 addresses": len(v4), "IPv6 addresses": len(v6), "MAC addresses": len(macs)}
        return Counter({**some, "names and words": self._names.replaced, **self.text.counts, **self._counts})


def _entries(source: Source) -> Iterator[dict[str, Any] | None]:
    """Yield a journal's entries with all their fields, None for each value that is none."""
    with source.open() as file:
        for _, found, _ in objects(file):
            yield found if isinstance(found, dict) else None
