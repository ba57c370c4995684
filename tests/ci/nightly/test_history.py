from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from night import history as module
from night.history import History, NoHistory
from night.outcome import Hits
from night.verdicts import Verdict
from tests import nights

ROOT = Path(__file__).parents[3]


def test_what_is_remembered_comes_back(tmp_path: Path) -> None:
    ran = nights.run(
        nights.outcome(phases={"boot": 2.5, "installed": 7}, hits=Hits("two leaders", 8, 10), patience=2),
        nights.outcome(Verdict.FAILED, scenario="a.py::test", because="no leader", patience=2),
    )
    with History(tmp_path / "deep/history.sqlite") as history:
        history.add(ran)
        (back,) = history.runs()
    assert back == ran
    assert (back.verdict, back.patience) == (Verdict.FAILED, 2)


def test_a_run_that_comes_twice_is_there_once(tmp_path: Path) -> None:
    ran = nights.run(nights.outcome())
    with History(tmp_path / "history.sqlite") as history:
        history.add(ran)
        history.add(ran)
        assert history.runs() == [ran]


def test_histories_are_merged_however_often(tmp_path: Path) -> None:
    shared, one, two = nights.run(night=1), nights.run(night=0), nights.run(nights.outcome(), night=2)
    for name, runs in {"a": [shared, one], "b": [shared, two]}.items():
        with History(tmp_path / name) as history:
            for run in runs:
                history.add(run)
    with History(tmp_path / "a") as history:
        assert history.merge(tmp_path / "b") == 1
        assert history.merge(tmp_path / "b") == 0
        assert [run.id for run in history.runs()] == [one.id, shared.id, two.id]


def test_only_the_newest_runs_of_each_cell_are_asked_for(tmp_path: Path) -> None:
    with History(tmp_path / "history.sqlite") as history:
        for night in range(5):
            history.add(nights.run(night=night))
            history.add(nights.run(night=night, cell="another"))
        assert len(history.runs(newest=2)) == 4
        assert {run.started for run in history.runs(newest=1)} == {nights.run(night=4).started}


def test_runs_that_were_begun_are_not_pushed_out_by_those_that_were_not(tmp_path: Path) -> None:
    with History(tmp_path / "history.sqlite") as history:
        history.add(nights.run(nights.outcome()))
        for night in range(1, 5):
            history.add(nights.not_run("no KVM", night=night))
        assert [bool(run.not_run) for run in history.runs(newest=2)] == [False, True, True]


def test_when_a_cell_was_run_last_but_not_skipped(tmp_path: Path) -> None:
    with History(tmp_path / "history.sqlite") as history:
        assert history.last_run(nights.CELL) == 0
        history.add(nights.run(nights.outcome(), night=3))
        history.add(nights.run(night=4))
        assert history.last_run(nights.CELL) == nights.run(night=3).started


WRITER = """
import sys
from pathlib import Path
from night.history import History
from tests import nights
for night in range(20):
    with History(Path(sys.argv[1])) as history:
        history.add(nights.run(nights.outcome(phases={"boot": 1}), night=night))
"""


def test_several_nights_write_at_once_from_the_first_moment_on(tmp_path: Path) -> None:
    path, paths = tmp_path / "history.sqlite", {"PYTHONPATH": f"{ROOT}/ci:{ROOT}"}
    command = [sys.executable, "-c", WRITER, str(path)]
    writers = [subprocess.Popen(command, env=paths, cwd=ROOT) for _ in range(4)]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    with History(path) as history:
        assert history.count() == 80


@pytest.mark.parametrize(
    "content", [b"these are no tables, and more than a header is long" * 100, b"SQLite format 3\0bad"]
)
def test_a_file_that_is_no_history_is_refused_and_left_as_it_is(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    path.write_bytes(content)
    with pytest.raises(NoHistory, match=r"history.sqlite is no history of nights: "), History(path):
        pass
    assert path.read_bytes() == content


def test_a_history_that_is_damaged_says_so(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with History(path) as history:
        for night in range(50):
            history.add(nights.run(nights.outcome(because="x" * 500), night=night))
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * (len(content) - 8192))
    with pytest.raises(NoHistory, match=r"history.sqlite is damaged: "), History(path) as history:
        history.runs()


def test_a_verdict_that_nobody_knows_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with History(path) as history:
        history.add(nights.run(nights.outcome()))
    with sqlite3.connect(path) as database:
        database.execute("UPDATE outcomes SET verdict = 'splendid'")
    database.close()
    with pytest.raises(NoHistory, match="'splendid' is not a valid Verdict"), History(path) as history:
        history.runs()


def test_a_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "books.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE books (title TEXT)")
    database.close()
    with pytest.raises(NoHistory, match="is a database of something else: it has books"), History(path):
        pass


def test_a_history_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "history.sqlite"
    with History(path):
        pass
    with sqlite3.connect(path) as database:
        database.execute(f"PRAGMA user_version = {module.VERSION + 1}")
    database.close()
    with pytest.raises(NoHistory, match=f"has version {module.VERSION + 1}, this is {module.VERSION}"), History(path):
        pass


@pytest.mark.parametrize("name", ["none.sqlite", "empty.sqlite", "."])
def test_what_is_no_history_is_not_merged(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.sqlite").touch()
    with History(tmp_path / "history.sqlite") as history, pytest.raises(NoHistory, match="is no history of nights"):
        history.merge(tmp_path / name)
    assert not (tmp_path / "none.sqlite").exists()


def test_each_version_is_reached_from_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ran = tmp_path / "history.sqlite", nights.run(nights.outcome())
    with History(path) as history:
        history.add(ran)
    later = {**module.MIGRATIONS, module.VERSION + 1: "CREATE TABLE notes (text TEXT) STRICT"}
    monkeypatch.setattr(module, "MIGRATIONS", later)
    monkeypatch.setattr(module, "VERSION", module.VERSION + 1)
    with History(path) as history:
        assert history.runs() == [ran]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT count(*) FROM notes").fetchone() == (0,)
    database.close()


def test_a_migration_that_fails_leaves_the_history_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, ran = tmp_path / "history.sqlite", nights.run(nights.outcome())
    with History(path) as history:
        history.add(ran)
    with monkeypatch.context() as patch:
        patch.setattr(module, "MIGRATIONS", {module.VERSION + 1: "DROP TABLE phases; NONSENSE"})
        patch.setattr(module, "VERSION", module.VERSION + 1)
        with pytest.raises(NoHistory), History(path):
            pass
    with History(path) as history:
        assert history.runs() == [ran]
