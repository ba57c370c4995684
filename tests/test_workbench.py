from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import HostError
from harness.images import store
from harness.sandbox import host, supervisor
from harness.sandbox.lease import Lease
from harness.sandbox.netns import NetworkNamespace
from harness.workbench import Settings, Workbench, make_run, prepare


def test_everything_that_is_missing_is_found_before_anything_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    absent = (host.program("no-such-program", "pack-a"), host.file("/no/such/file", "pack-b"))
    monkeypatch.setattr(host, "FOR_VIRTUAL_MACHINES", absent)
    monkeypatch.setattr(store, "ensure", lambda *_, **__: pytest.fail("an image was built"))
    monkeypatch.setattr(supervisor, "enter", lambda *_: pytest.fail("a sandbox was entered"))
    with pytest.raises(HostError, match=r"(?s)no-such-program.*no/such/file"):
        prepare(Settings(), lambda _: None)


def test_a_folder_for_evidence_that_can_t_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(HostError, match=r"no folder for evidence at .*: make it writable, or name another"):
        make_run(Settings(evidence=tmp_path / "file"))


def test_a_machine_s_folder_is_its_own_and_short_whatever_its_name(tmp_path: Path) -> None:
    with NetworkNamespace.current() as namespace:
        bench = Workbench(Settings(), Lease(tmp_path), namespace, tmp_path)
    folders = [bench.folder_for("n" * 63) for _ in range(3)]
    assert [folder.name for folder in folders] == [f"{number}-nnnnnnnnnnnn" for number in (1, 2, 3)]
