from __future__ import annotations

import json
import os
from pathlib import Path

from harness.sandbox import lease
from harness.trace import captures


def test_a_lab_is_found_by_its_lease_while_it_runs(tmp_path: Path) -> None:
    held = lease.take(tmp_path)
    held.note_init(os.getpid())
    assert list(captures.running([tmp_path])) == []
    captures.announce(held.folder, "lab", [tmp_path / "switch.pcapng"], {"b", "a"})
    (found,) = captures.running([tmp_path, tmp_path / "none"])
    assert (found.lab, found.links, found.folder) == ("lab", ("a", "b"), held.folder)
    assert found.captures == (Path(f"/proc/{os.getpid()}/root{tmp_path}/switch.pcapng"),)
    assert not found.ended()
    captures.announce(held.folder, "lab", [], {"a"})
    assert [one.links for one in captures.running([tmp_path])] == [("a",)]
    captures.withdraw(held.folder)
    captures.withdraw(held.folder)
    assert found.ended()
    assert list(captures.running([tmp_path])) == []
    held.end()


def test_a_dead_lab_and_one_that_says_nonsense_are_not_found(tmp_path: Path) -> None:
    held = lease.take(tmp_path)
    held.note_init(os.getpid())
    for told in ("{", json.dumps({"lab": "x"})):
        (held.folder / captures.CAPTURES).write_text(told)
        assert list(captures.running([tmp_path])) == []
    captures.announce(held.folder, "lab", [], [])
    os.close(held.lock)
    assert list(captures.running([tmp_path])) == []
