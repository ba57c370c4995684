"""`harness ps`: what runs here, and what the dead have left."""

from __future__ import annotations

import json
import pwd
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from harness.sandbox import lease, ledger
from harness.units import MiB

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ALIVE, DEAD, CLOSED = "alive", "dead", "closed"
ROOTS = "harness-[0-9]*"
LAB_DIR = click.Path(exists=True, file_okay=False, readable=False, path_type=Path)
"""What `--lab-dir` names: a folder that is there, be it closed to this user."""


@dataclass(frozen=True)
class Row:
    """One sandbox: its lease's folder, whether it is alive, dead, or closed to this user, and what it is.

    `memory` (bytes) and `cores` are what it was promised, or waits for: `place` is its place in line then, from 1 on.
    """

    folder: str
    state: str
    user: str
    pid: int | None = None
    since: str | None = None
    processes: int = 0
    memory: int = 0
    cores: int = 0
    place: int = 0
    command: str = ""

    def __str__(self) -> str:
        if self.state == CLOSED:
            return f"{self.folder}  {self.state}  {self.user}: ask them, or look as root"
        how = f"waited for, place {self.place} in line" if self.place else "reserved"
        what = f"{self.processes} processes, {self.memory / MiB:.0f} MiB and {self.cores} processors {how}"
        since = f"since {self.since}" if self.since else "never ready"
        return f"{self.folder}  {self.state}  {self.user}  pid {self.pid}  {since}  {what}  {self.command}"


@click.command
@click.option("--lab-dir", type=LAB_DIR, metavar="DIR", help="Look there, too.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array.")
def command(lab_dir: Path | None, *, as_json: bool) -> None:
    """Print every sandbox on this host, of whichever user, alive or dead. `harness clean` removes what is dead."""
    found = list(rows(roots(lab_dir)))
    if as_json:
        click.echo(json.dumps([asdict(row) for row in found], indent=2))
    else:
        click.echo("\n".join(map(str, found)) or "nothing runs, and nothing is left")


def roots(lab_dir: Path | None) -> list[Path]:
    """Return where leases are: every user's own folder, and the given one."""
    usual = sorted(lease.default_root().parent.glob(ROOTS))
    return [*usual, *([lab_dir.absolute()] if lab_dir else [])]


def rows(places: Iterable[Path]) -> Iterator[Row]:
    """Yield what is known of every lease in those places."""
    entries = ledger.entries()
    promised = {entry.lease: entry for entry in entries}
    line = [entry.lease for entry in entries if entry.since]
    for root in places:
        try:
            seen = lease.survey(root)
        except PermissionError:
            yield Row(str(root), CLOSED, _user(root.stat().st_uid))
            continue
        for one in seen:
            entry = promised.get(str(one.folder))
            yield Row(
                folder=str(one.folder),
                state=ALIVE if one.alive else DEAD,
                user=_user(one.user),
                pid=one.pid,
                since=_moment(one.since),
                processes=_processes_with(one.init) if one.alive and one.init else 0,
                memory=entry.memory if entry else 0,
                cores=entry.cores if entry else 0,
                place=line.index(entry.lease) + 1 if entry and entry.since else 0,
                command=" ".join(one.command),
            )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _moment(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).astimezone().isoformat(sep=" ", timespec="seconds")


def _processes_with(init: int) -> int:
    """Return how many processes are in the PID namespace of a sandbox's init."""
    wanted = _namespace(Path("/proc") / str(init))
    if wanted is None:
        return 0
    return sum(_namespace(entry) == wanted for entry in Path("/proc").iterdir() if entry.name.isdecimal())


def _namespace(process: Path) -> str | None:
    try:
        return str((process / "ns/pid").readlink())
    except OSError:  # it has ended, or is another user's
        return None
