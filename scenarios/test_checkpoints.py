"""A cluster that comes from a checkpoint is the cluster that was saved, and can be branched as often as wanted."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.checkpoints import LAB
from harness.ladder import Rung
from harness.machines.checkpoint_store import FACTS, CheckpointStore
from harness.machines.memory import copy_sparse
from harness.network.impairment import Impairment
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from harness.stacks.protocol import Cluster
    from harness.virtual_lab import VirtualLab

pytestmark = pytest.mark.lab("t036")  # from the rung cluster, since a scenario asks for the cluster

WITHIN = 10 * seconds
HALF_A_MINUTE = 30


def test_every_endpoint_is_healthy_and_machines_know_our_keys(lab: VirtualLab, cluster: Cluster) -> None:
    health = cluster.healthy()
    assert health.complete, str(health)
    for name in lab.machines:
        assert lab.machines[name].run(["hostname"], within=WITHIN).text.strip() == name


def test_clocks_are_right(lab: VirtualLab) -> None:
    for machine in lab.machines.values():
        there = machine.run(["date", "+%s"], within=WITHIN)
        assert abs(time.time() - int(there.text)) < HALF_A_MINUTE


def test_a_branch_comes_back_with_its_memory_disks_links_and_rules(lab: VirtualLab) -> None:
    slow = Impairment(delay=5 * milliseconds)
    link = lab.network.links["node01/eth0"]
    lab.cluster.put("branch", "before")
    link.impair(slow)
    rule = lab.deafen({"node01": frozenset({"node02"})})
    rule.heal()
    lab.checkpoint("before")
    for _ in range(2):
        link.impair(Impairment())
        lab.cluster.put("branch", "after")
        lab.machines["node02"].cut()
        lab.restore("before")
        assert lab.machines["node02"].is_on()
        assert link.impairment("up") == slow
        lab.cluster.wait_until_healthy(within=WITHIN)
        assert lab.cluster.get("branch") == "before"
    link.impair(Impairment())


def test_a_scenario_does_a_checkpoint_no_harm(lab: VirtualLab) -> None:
    lab.cluster.put("harm", "done")
    for machine in lab.machines.values():
        machine.run(["rm", "-rf", "/usr/lib/harness", "/boot/EFI"], within=WITHIN)
    lab.start(Rung.CLUSTER)
    assert lab.cluster.get("harm") is None
    for machine in lab.machines.values():
        machine.run(["test", "-e", "/usr/lib/harness/keeper"], within=WITHIN)


def test_a_checkpoint_that_can_t_prove_itself_is_thrown_away(
    lab: VirtualLab, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lab.start(Rung.CLUSTER)
    key = lab.key(Rung.CLUSTER)
    genuine = lab.workbench.checkpoints.find(key)
    assert genuine is not None
    told: list[str] = []
    store = CheckpointStore(tmp_path / "checkpoints")
    monkeypatch.setattr(lab.workbench, "tell", told.append)
    monkeypatch.setattr(lab.workbench, "checkpoints", store)
    with store.workplace() as grown:
        forged = grown / "lab"
        shutil.copytree(genuine, forged, copy_function=_copy, ignore=shutil.ignore_patterns(FACTS, LAB))
        saved = (genuine / LAB).read_text()
        word = saved.partition('"word": "')[2].partition('"')[0]
        (forged / LAB).write_text(saved.replace(word, "another"))
        store.publish(forged, key, {})
    assert not lab.restored(Rung.CLUSTER)
    assert store.find(key) is None
    assert "the memory is not the one that was saved" in told[0]
    assert not any(machine.is_on() for machine in lab.machines.values())
    monkeypatch.undo()
    lab.start(Rung.CLUSTER)


def _copy(source: str, target: str) -> None:
    copy_sparse(Path(source), Path(target))
