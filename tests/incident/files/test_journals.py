from __future__ import annotations

import gzip
import json
from pathlib import Path

from harness.incident.files.folder import open_incident
from harness.incident.files.journals import every_line
from harness.incident.unread import Unread
from tests.incident.files.test_folder import put
from tests.incident.files.test_journal import FIELDS


def lines(*messages: str, **fields: str) -> bytes:
    return b"".join(json.dumps(FIELDS | fields | {"MESSAGE": one}).encode() + b"\n" for one in messages)


def read(folder: Path) -> tuple[list[tuple[str, str]], list[str]]:
    incident, unread = open_incident(folder), list[Unread]()
    return [(one.file, one.message) for one in every_line(incident.journals, unread)], [str(one) for one in unread]


def test_a_line_that_two_files_have_counts_once(tmp_path: Path) -> None:
    put(tmp_path, "all.json", lines("one", "two"))
    put(tmp_path, "node01.json.gz", gzip.compress(lines("two", "three")))
    found, unread = read(tmp_path)
    assert found == [("all.json", "one"), ("all.json", "two"), ("node01.json.gz", "three")]
    assert unread == ["node01.json.gz: 1 of its lines are in other journals, too, and count once"]


def test_what_one_file_says_twice_was_said_twice(tmp_path: Path) -> None:
    put(tmp_path, "all.json", lines("one", "one"))
    assert read(tmp_path) == ([("all.json", "one"), ("all.json", "one")], [])


def test_lines_of_other_boots_and_those_without_a_second_clock_are_taken_as_they_are(tmp_path: Path) -> None:
    put(tmp_path, "a.json", lines("one"))
    put(tmp_path, "b.json", lines("one", _BOOT_ID="b1" * 16))
    plain = json.dumps({"__REALTIME_TIMESTAMP": "1", "MESSAGE": "two"}).encode()
    put(tmp_path, "c.json", plain)
    put(tmp_path, "d.json", plain)
    found, unread = read(tmp_path)
    assert [file for file, _ in found] == ["a.json", "b.json", "c.json", "d.json"]
    assert unread == []


def test_what_can_not_be_read_on_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.json.gz", gzip.compress(lines(*map(str, range(500))))[:-20])
    (told,) = read(tmp_path)[1]
    assert told.startswith("a.json.gz: can't be read on")
