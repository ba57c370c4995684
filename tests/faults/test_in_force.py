from __future__ import annotations

from dataclasses import dataclass

import pytest

from harness.errors import LabError
from harness.faults.boot import BootServerDown, HttpStalled, ImageCorrupted, LeasesExhausted, TftpStalled
from harness.faults.fault import Injected, Rig
from harness.faults.in_force import InForce
from harness.faults.machines import Done, OfMachines
from harness.faults.scenario import Faults
from harness.faults.schedule import Schedule, Step
from harness.units import milliseconds
from tests.faults.rig import RealRig

pytestmark = pytest.mark.kernel


@dataclass(frozen=True)
class Scratched(OfMachines):
    """A disk, which is scratched by one at a time."""

    word = "scratched"
    alone = "disk"

    def inject(self, rig: Rig) -> Injected:
        if not self.on(rig):
            raise LabError("there is nothing to scratch")
        return Done("it is scratched")


def test_what_one_fault_holds_no_other_one_gets_until_it_is_healed(rig: RealRig) -> None:
    in_force = InForce(rig)
    first = in_force.inject(Scratched(("a",)))
    with pytest.raises(LabError, match="node02's disk is held by 'scratched a', which is in force"):
        in_force.inject(Scratched(("node02", "node04")))
    in_force.heal(Scratched(("node04",)), in_force.inject(Scratched(("node04",))))
    in_force.heal(Scratched(("a",)), first)
    in_force.inject(Scratched(("node02", "node04")))


def test_what_can_not_be_injected_holds_nothing(rig: RealRig) -> None:
    in_force = InForce(rig)
    rig.machines = {name: machine for name, machine in rig.machines.items() if name != "node02"}
    with pytest.raises(KeyError):
        in_force.inject(Scratched(("node02",)))
    with pytest.raises(KeyError):
        in_force.inject(Scratched(("node02",)))


def test_a_schedule_and_a_block_of_one_lab_know_of_each_other(rig: RealRig) -> None:
    step = Step(0 * milliseconds, Scratched(("node01",)))
    faults = Faults(rig)
    with (
        pytest.raises(LabError, match="could not be injected: node01's disk is held by 'scratched node01'"),
        faults.inject(Scratched(("node01",))),
        faults.run(Schedule((step,))),
    ):
        pass


def test_what_a_schedule_would_hold_twice_is_told_before_it_begins(rig: RealRig) -> None:
    steps = [Step(at * milliseconds, Scratched((name,)), 10 * milliseconds) for at, name in ((0, "a"), (10, "node01"))]
    with Faults(rig).run(Schedule(tuple(steps))) as run:
        pass
    assert len(run.executed) == 2
    clashing = Step(15 * milliseconds, Scratched(("node01", "node04")))
    refused = Faults(rig).run(Schedule((*steps, clashing)))
    told = "scratched node01,node04: node01's disk is held by 'scratched node01' then"
    with pytest.raises(LabError, match=told), refused:
        pass
    assert not refused.executed


def test_a_fault_of_the_boot_server_holds_what_it_changes_as_a_whole(rig: RealRig) -> None:
    down, tftp, http = BootServerDown().holds(rig), TftpStalled().holds(rig), HttpStalled().holds(rig)
    image, leases = ImageCorrupted("vmlinuz").holds(rig), LeasesExhausted().holds(rig)
    assert tftp == leases
    assert down == tftp | http | image
    assert len(down) == len(tftp) + len(http) + len(image)
