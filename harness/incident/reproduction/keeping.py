"""Keeps what the field would have of a lab's run, so that it is looked at just as an incident is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from harness.incident.files.folder import open_incident
from harness.incident.reading import record_of
from harness.incident.reproduction import export
from harness.incident.reproduction.export import Point
from harness.incident.scenario.topology_file import text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from harness.incident.record import Record
    from harness.topology.model import Topology


EARLIER = 600 * 10**9
"""Nanoseconds before a run from which on journals are kept: they tell in which boot a machine was, and who led."""


class Captured(Protocol):
    """A network that is captured while it runs."""

    @property
    def captures(self) -> Sequence[Path]:
        """The files."""

    def flush(self) -> None:
        """Bring them up to date."""


class Journals(Protocol):
    """What has the journals of machines."""

    def write(self, folder: Path, *, since: int = 0) -> list[Path]:
        """Write one for each machine, from a moment on (nanoseconds since 1970); return where."""


def keep(
    folder: Path,
    topology: Topology,
    network: Captured,
    journals: Journals,
    *,
    seen_from: Iterable[str],
    span: tuple[int, int],
) -> Record:
    """Write what was seen from some machines' cables, and all journals, into a folder; return it as a record.

    `span` is from when to when, in nanoseconds since 1970. Raises `OSError`, and as `record_of`.
    """
    began, ended = span
    captures = folder / "captures"
    captures.mkdir(parents=True)
    network.flush()
    for link in links_of(topology, seen_from):
        frames = export.seen_at(network.captures, Point(link, link.partition("/")[2]))
        meanwhile = (one for one in frames if began <= one.time <= ended)
        export.write_pcapng(captures / f"{link.replace('/', '-')}.pcapng", meanwhile, link.partition("/")[2])
    journals.write(folder / "journals", since=began - EARLIER)
    (folder / f"{topology.name}.yaml").write_text(text_of(topology), encoding="utf-8")
    return record_of(open_incident(folder))


def links_of(topology: Topology, machines: Iterable[str]) -> list[str]:
    """Return the links of machines' cards. Raises `LookupError` for a machine that there is none of."""
    return [f"{name}/{nic.name}" for name in machines for nic in topology.machine(name).nics]
