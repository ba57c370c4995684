"""What is remembered of all nights: cells' runs, verdicts, phase durations and hit rates, in one SQLite file.

Several nights may write at once, and files of several hosts are merged: a run has an identity of its own, and is there
once however often it comes.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from harness.errors import HarnessError
from night.outcome import CellRun, Conditions, Hits, Outcome
from night.verdicts import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import TracebackType

VERSION = 1
BUSY = 60.0
"""Seconds to wait for another night that writes."""

SCHEMA = """
CREATE TABLE runs (
    id TEXT PRIMARY KEY, cell TEXT NOT NULL, commit_id TEXT NOT NULL, host TEXT NOT NULL,
    started REAL NOT NULL, seconds REAL NOT NULL, patience REAL NOT NULL, verdict TEXT NOT NULL
) STRICT;
CREATE INDEX runs_of_cells ON runs (cell, started);
CREATE TABLE outcomes (
    run TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE, scenario TEXT NOT NULL, verdict TEXT NOT NULL,
    was TEXT NOT NULL, because TEXT NOT NULL, issue TEXT NOT NULL, evidence TEXT NOT NULL, seed TEXT NOT NULL,
    seconds REAL NOT NULL, signature TEXT, hits INTEGER, runs INTEGER, PRIMARY KEY (run, scenario)
) STRICT;
CREATE TABLE phases (
    run TEXT NOT NULL, scenario TEXT NOT NULL, phase TEXT NOT NULL, seconds REAL NOT NULL,
    PRIMARY KEY (run, scenario, phase),
    FOREIGN KEY (run, scenario) REFERENCES outcomes (run, scenario) ON DELETE CASCADE
) STRICT;
"""
MIGRATIONS = {1: SCHEMA}
"""What leads to each version from the one before. Versions are added, never changed."""

TABLES = ("runs", "outcomes", "phases")


class NoHistory(HarnessError):  # noqa: N818 - the name says what it is
    """A file is no history, or one that only a newer `ci/nightly` can read."""


class History:
    """A file of history. Use it as a context manager; the file is made where there is none."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self._path = path
        self._read_only = read_only

    def __enter__(self) -> Self:
        """Open the file, and bring it to today's schema. Raises `NoHistory`, and leaves another file as it is."""
        try:
            self._database = self._open()
        except (sqlite3.Error, OSError) as error:
            raise NoHistory(f"{self._path} is no history of nights: {error}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._database.close()

    def add(self, run: CellRun) -> None:
        """Remember a run; one that is there already stays as it is."""
        with self._writing():
            row = (run.id, run.cell, run.conditions.commit, run.conditions.host, run.started)
            more = (run.took.total_seconds(), run.patience, str(run.verdict))
            new = self._database.execute("INSERT OR IGNORE INTO runs VALUES (?,?,?,?,?,?,?,?)", row + more).rowcount
            for outcome in run.outcomes if new else ():
                self._add(run.id, outcome)

    def merge(self, other: Path) -> int:
        """Take over the runs of another history, and return how many were new here. Raises `NoHistory`."""
        with History(other, read_only=True) as theirs:
            before = self.count()
            for run in theirs.runs():
                self.add(run)
            return self.count() - before

    def count(self) -> int:
        """Return how many runs there are."""
        (number,) = self._database.execute("SELECT count(*) FROM runs").fetchone()
        return int(number)

    def runs(self, *, newest: int | None = None) -> list[CellRun]:
        """Return the runs in the order in which they began.

        Where `newest` is given, so many of each cell, and as many that were not begun. Raises `NoHistory`
        where the file is damaged.
        """
        try:
            return self._runs(newest if newest is not None else 1 << 60)
        except (sqlite3.Error, ValueError) as error:
            raise NoHistory(f"{self._path} is damaged: {error}") from error

    def last_run(self, cell: str) -> float:
        """Return when a cell was last run and not skipped (seconds since 1970), 0 where never."""
        row = self._database.execute("SELECT max(started) FROM runs WHERE cell = ? AND seconds > 0", (cell,)).fetchone()
        return float(row[0] or 0)

    def _runs(self, newest: int) -> list[CellRun]:
        rows = self._database.execute(
            "SELECT id, cell, commit_id, host, started, seconds FROM ("
            "SELECT *, row_number() OVER (PARTITION BY cell, seconds > 0 ORDER BY started DESC, id) AS age FROM runs"
            ") WHERE age <= ? ORDER BY started, id",
            (newest,),
        ).fetchall()
        return [
            CellRun(cell, Conditions(commit, host), started, timedelta(seconds=took), tuple(self._outcomes(run)), run)
            for run, cell, commit, host, started, took in rows
        ]

    def _add(self, run: str, one: Outcome) -> None:
        hits = (one.hits.signature, one.hits.hits, one.hits.runs) if one.hits else (None, None, None)
        told = (one.because, one.issue, one.evidence, one.properties.get("seed", ""), one.took.total_seconds())
        row = (run, one.scenario, str(one.verdict), str(one.was or ""), *told, *hits)
        self._database.execute("INSERT INTO outcomes VALUES (?,?,?,?,?,?,?,?,?,?,?,?)", row)
        phases = [(run, one.scenario, phase, took.total_seconds()) for phase, took in one.phases.items()]
        self._database.executemany("INSERT INTO phases VALUES (?,?,?,?)", phases)

    def _outcomes(self, run: str) -> Iterator[Outcome]:
        phases: dict[str, dict[str, timedelta]] = {}
        for scenario, phase, took in self._database.execute(
            "SELECT scenario, phase, seconds FROM phases WHERE run = ? ORDER BY rowid", (run,)
        ):
            phases.setdefault(scenario, {})[phase] = timedelta(seconds=took)
        (patience,) = self._database.execute("SELECT patience FROM runs WHERE id = ?", (run,)).fetchone()
        for row in self._database.execute(
            "SELECT scenario, verdict, was, because, issue, evidence, seed, seconds, signature, hits, runs"
            " FROM outcomes WHERE run = ? ORDER BY rowid",
            (run,),
        ):
            scenario, verdict, was, because, issue, evidence, seed, took, signature, hits, times = row
            told = {"patience": str(patience), "evidence": evidence, "seed": seed}
            yield Outcome(
                scenario,
                Verdict(verdict),
                because,
                timedelta(seconds=took),
                phases.get(scenario, {}),
                {name: value for name, value in told.items() if value},
                Hits(signature or "", hits, times) if times else None,
                issue,
                Verdict(was) if was else None,
            )

    def _open(self) -> sqlite3.Connection:
        if self._read_only and not self._path.is_file():
            raise FileNotFoundError("there is no such file")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        database = sqlite3.connect(self._path, timeout=BUSY, isolation_level=None)
        try:
            self._prepare(database)
        except BaseException:
            database.close()
            raise
        return database

    def _prepare(self, database: sqlite3.Connection) -> None:
        database.execute("PRAGMA foreign_keys = ON")
        version = self._version(database)
        if version == VERSION:
            return
        if self._read_only and version == 0:
            raise NoHistory(f"{self._path} is no history of nights: it has none of its tables")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("BEGIN IMMEDIATE")  # another night may be doing the same
        for number in range(self._version(database) + 1, VERSION + 1):
            for statement in MIGRATIONS[number].split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")

    def _version(self, database: sqlite3.Connection) -> int:
        """Return the version of the schema, 0 of an empty file. Raises `NoHistory` for anything else."""
        (version,) = database.execute("PRAGMA user_version").fetchone()
        tables = {name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if version > VERSION:
            raise NoHistory(f"{self._path} has version {version}, this is {VERSION}: take a newer checkout")
        if tables and not tables.issuperset(TABLES):
            raise NoHistory(f"{self._path} is a database of something else: it has {', '.join(sorted(tables))}")
        return int(version)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")
