from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from night import host
from night.host import Abilities
from night.matrix import Need
from tests import nights

ROOT = Path(__file__).parents[3]


def test_a_host_is_asked_once_for_what_it_can_do() -> None:
    asked: list[str] = []

    def probe(ability: str) -> str:
        asked.append(ability)
        return "no"

    here = Abilities(probe)
    assert [here.lacking("bridges"), here.lacking("bridges")] == ["no", "no"]
    assert asked == ["bridges"]


def test_a_kvm_that_is_not_there_is_not_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(host, "KVM", str(tmp_path / "kvm"))
    assert Abilities(lambda _: pytest.fail("asked")).lacking("kvm").endswith("is not there, or not open to this user")


def test_a_cell_lacks_what_it_needs_and_nothing_else(tmp_path: Path) -> None:
    (cell,) = nights.matrix(tmp_path).select([nights.CELL])
    needs = [
        Need(("kvm-*",), "kvm", "", "not for this cell"),
        Need(("tcg-*",), "", "PHOTONCLOUD_FLAKE", "no flake"),
        Need(("*",), "bridges", "", "no bridges"),
    ]
    assert host.lacking(cell, needs, Abilities(lambda _: ""), {}) == "no flake: PHOTONCLOUD_FLAKE is not set"
    given = {"PHOTONCLOUD_FLAKE": "x"}
    assert host.lacking(cell, needs, Abilities(lambda _: "no netem"), given) == "no bridges: no netem"
    assert host.lacking(cell, needs, Abilities(lambda _: ""), given) == ""


@pytest.mark.parametrize(
    "program,why",
    [
        ("pass", ""),
        ("raise SystemExit('it lacks netem')", "it lacks netem"),
        ("raise SystemExit(1)", "the probe ended without a word"),
        ("from harness.errors import HostError, Missing; raise HostError(Missing('no QEMU', 'install it'))", "no QEMU"),
    ],
)
def test_a_probe_ends_with_its_reason(program: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(host.PROBES, "bridges", program)
    assert why in host.probe("bridges", Path(sys.executable), ROOT)
    assert bool(host.probe("bridges", Path(sys.executable), ROOT)) == bool(why)


@pytest.mark.kernel
def test_this_kernel_is_asked_for_its_bridges() -> None:
    why = host.probe("bridges", Path(sys.executable), ROOT)
    assert why == "" or why.startswith("it lacks ")


def test_changes_that_are_not_committed_are_told_beside_the_commit(tmp_path: Path) -> None:
    def git(*words: str) -> None:
        names = ("-c", "user.name=a", "-c", "user.email=a@example.org")
        subprocess.run(["git", *names, *words], cwd=tmp_path, check=True, capture_output=True)

    assert host.conditions(tmp_path).commit == "unknown"
    git("init")
    (tmp_path / "file").write_text("1")
    git("add", "file")
    git("commit", "-m", "One")
    commit = host.conditions(tmp_path).commit
    assert len(commit) == 12
    (tmp_path / "file").write_text("2")
    assert host.conditions(tmp_path).commit == f"{commit}-dirty"
