from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.machines import accelerator
from harness.machines.accelerator import Accelerator, Probe


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> list[Probe]:
    """What the next probes answer; the host has a /dev/kvm that opens."""
    queue: list[Probe] = []
    monkeypatch.setattr(accelerator, "probe", lambda *_: queue.pop(0))
    monkeypatch.setattr(accelerator, "_host", lambda: ["this host"])
    monkeypatch.setattr(accelerator, "KVM_DEVICE", "/dev/null")
    return queue


def test_auto_takes_kvm_where_a_guest_ran_and_asks_once(answers: list[Probe], tmp_path: Path) -> None:
    answers.append(Probe(0.8))
    for _ in range(2):
        assert accelerator.choose("auto", Path("kernel"), tmp_path / "a.json") is Accelerator.KVM
    assert not answers


def test_auto_takes_tcg_where_kvm_is_there_but_runs_nothing(answers: list[Probe], tmp_path: Path) -> None:
    answers.append(Probe(None, "no panic"))
    for _ in range(2):
        assert accelerator.choose("auto", Path("kernel"), tmp_path / "a.json") is Accelerator.TCG


def test_asking_for_kvm_where_it_runs_nothing_is_an_error_that_says_why(answers: list[Probe], tmp_path: Path) -> None:
    answers.append(Probe(None, "no panic within 8 s"))
    with pytest.raises(HostError, match="KVM runs no guest here: no panic within 8 s: use --lab-accel=tcg"):
        accelerator.choose("kvm", Path("kernel"), tmp_path / "a.json")


@pytest.mark.usefixtures("answers")
def test_asking_for_tcg_probes_nothing(tmp_path: Path) -> None:
    assert accelerator.choose("tcg", Path("kernel"), tmp_path / "a.json") is Accelerator.TCG


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"host": ["another host"], "works": true}', '{"works": true}'])
def test_an_answer_that_is_rubbish_or_another_host_s_is_not_taken(
    answers: list[Probe], tmp_path: Path, rubbish: str
) -> None:
    cache = tmp_path / "a.json"
    cache.write_text(rubbish)
    answers.append(Probe(None, "dead"))
    assert accelerator.choose("auto", Path("kernel"), cache) is Accelerator.TCG
    assert json.loads(cache.read_text())["host"] == ["this host"]


def test_no_device_means_tcg_without_a_probe(
    answers: list[Probe], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accelerator, "KVM_DEVICE", "/dev/no-such-device")
    assert accelerator.choose("auto", Path("kernel"), tmp_path / "a.json") is Accelerator.TCG
    assert not answers


def test_patience_is_the_probe_s_time_and_the_crowd(answers: list[Probe], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    answers += [Probe(4.0), Probe(4.0), Probe(0.3)]
    factors = [accelerator.measure_patience(Accelerator.TCG, Path("kernel"), cpus=cpus).factor for cpus in (3, 1, 1)]
    assert factors == [6.0, 4.0, 1.0]


def test_a_host_where_nothing_boots_has_no_patience(answers: list[Probe]) -> None:
    answers.append(Probe(None, "ended without a word"))
    with pytest.raises(HostError, match="no guest boots under tcg: ended without a word"):
        accelerator.measure_patience(Accelerator.TCG, Path("kernel"), cpus=1)
