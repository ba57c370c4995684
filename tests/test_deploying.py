"""Deployment needs guests, and is tried by the scenarios; here is what it says when it fails."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from harness.deploying import FIRST_BOOT, ask_for_health, first_boot_of
from harness.errors import LabError
from harness.machines.virtual import VirtualMachine
from harness.sandbox.netns import NetworkNamespace
from harness.stacks.photoncloud.stack import PhotonCloudStack
from harness.topology.loader import load
from harness.units import seconds

TOPOLOGIES = Path(__file__).parent.parent / "scenarios" / "topologies"
T036 = TOPOLOGIES / "t036.yaml"


class Machine:
    """A stand-in for a machine that fails."""

    name = "node02"

    def failed(self, message: str, *, phase: str) -> LabError:
        return LabError(message, machine=self.name, phase=phase, console=["node02 login:"])


@pytest.mark.kernel
def test_a_machine_that_is_up_but_not_healthy_is_told_with_what_its_endpoints_say() -> None:
    topology, stack = load(T036), PhotonCloudStack()
    cluster = stack.cluster(topology, stack.secrets(topology))
    with NetworkNamespace.create() as nowhere, pytest.raises(LabError) as caught:
        nowhere.run(lambda: ask_for_health(cast("VirtualMachine", Machine()), cluster, within=0 * seconds))
    told = str(caught.value)
    assert told.startswith("node02, phase healthy: did not get there: expected every health endpoint to answer 200; ")
    assert [port for port in (2379, 2479, 8080) if f"https://192.168.100.12:{port}/health" in told] == [
        2379,
        2479,
        8080,
    ]
    assert "192.168.100.11" not in told
    assert told.endswith("last console lines:\n  node02 login:")


def test_a_machine_without_a_vote_owes_no_word_of_its_first_boot() -> None:
    topology = load(TOPOLOGIES / "three-sites.yaml")
    assert first_boot_of("node01", topology) == FIRST_BOOT
    assert first_boot_of("node02", topology) == {}
