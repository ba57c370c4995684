"""Bringing the machines of a rack to a rung: from a checkpoint that proves itself, or else by the cold way.

What the rungs are, and under which key a checkpoint of one is kept, is said in `harness.ladder`.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from harness import checkpoints, proofs
from harness.errors import HarnessError
from harness.ladder import (
    INSTALLERS,
    KEYS,
    Rung,
    digest,
    installers_from_json,
    installers_to_json,
    key,
    keys_to_json,
    own_code,
    processor,
    stack_version,
)
from harness.machines.firmware import ovmf
from harness.stacks.places import joining_machines, stack_of
from harness.stacks.protocol import InstallsItself
from harness.topology.firmware import Firmware

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.deploying import Deployer
    from harness.rack import Rack


class Climber:
    """Brings machines to rungs. `go_back` is told, with details, that time goes back for all machines just now."""

    def __init__(self, rack: Rack, deployer: Deployer, go_back: Callable[[str], None]) -> None:
        self._rack = rack
        self._deployer = deployer
        self._go_back = go_back

    @property
    def founders(self) -> tuple[str, ...]:
        """The machines that rungs are about: all but those that join the running cluster later, which stay blank."""
        later = joining_machines(self._rack.assembly.topology)
        return tuple(name for name in self._rack.machines if name not in later)

    def start(self, rung: Rung) -> None:
        """Bring the machines to a rung, whatever they are now. Raises as `Deployer`, where no way leads there."""
        if rung is Rung.OFF:
            return
        bench = self._rack.workbench
        if bench.settings.checkpoints == "off" or isinstance(self._rack.assembly.stack, InstallsItself):
            self._make(rung)  # what another program installs may change without our knowing, so nothing of it is kept
        elif not self.restored(rung):
            waits = partial(self._tell, f"waiting for another process that makes {rung}")
            with bench.checkpoints.making(self.key(rung), on_wait=waits):
                # That process may have made this very checkpoint.
                if not self.restored(rung):
                    self._make(rung)
                    self._publish(rung)

    def restored(self, rung: Rung) -> bool:
        """Start from the checkpoint of a rung, have it prove itself, and say whether that was done.

        Where it can't, it is thrown away, the reason is told, and the machines are off and blank.
        """
        rack, name = self._rack, self.key(rung)
        store = rack.workbench.checkpoints
        if rack.workbench.settings.checkpoints == "rebuild" and name not in rack.workbench.published:
            return False
        try:
            folder = store.find(name)
            if folder is None:
                return False
            rack.adopt((folder / KEYS).read_text())
            rack.installers = installers_from_json((folder / INSTALLERS).read_text())
            back = partial(self._go_back, f"{rung} {name}")
            checkpoints.restore(rack.machines, folder, proofs=self._proofs(rung), ready=back)
        except (HarnessError, ExceptionGroup, OSError) as error:
            self._tell(f"the checkpoint {rung} ({name}) is thrown away, and made anew: {_reasons(error)}")
            store.discard(name)
            rack.blank()
            self._go_back("none")
            return False
        for machine in self.founders:
            self._deployer.phases.reach(machine, f"restored {rung}")
        return True

    def key(self, rung: Rung) -> str:
        """Return the key under which a checkpoint of a rung is kept."""
        return key(rung, self._shape())

    def _make(self, rung: Rung) -> None:
        """Get to a rung by the cold way, from the one below."""
        match rung:
            case Rung.OFF:
                self._rack.blank()
            case Rung.INSTALLER:
                self._rack.blank()
                self._deployer.boot_installers(self.founders)
            case Rung.INSTALLED:
                self.start(Rung.INSTALLER)
                self._deployer.deploy_to_disk(self.founders)
            case Rung.CLUSTER:
                self.start(Rung.INSTALLED)
                self._deployer.boot_from_disk(self.founders)
                self._prove_cluster()

    def _publish(self, rung: Rung) -> None:
        """Keep what the machines are now as the checkpoint of a rung. Where that can't be, say so, and go on."""
        rack, store = self._rack, self._rack.workbench.checkpoints
        try:
            with store.workplace() as grown:
                if rung is Rung.CLUSTER:
                    checkpoints.tidy(rack.machines)
                    self._prove_cluster()  # that has kept the members busy
                    checkpoints.dial(rack.machines)
                checkpoints.save(rack.machines, grown / "lab", all_keep=True)
                (grown / "lab" / KEYS).write_text(keys_to_json(rack.assembly))
                (grown / "lab" / INSTALLERS).write_text(installers_to_json(rack.installers))
                store.publish(grown / "lab", self.key(rung), self._shape())
            rack.workbench.published.add(self.key(rung))
        except (HarnessError, ExceptionGroup, OSError) as error:
            self._tell(f"no checkpoint of {rung} is kept: {_reasons(error)}")

    def _prove_cluster(self) -> None:
        """Have every member of a cluster that was started just now be healthy, and a write accepted."""
        rack = self._rack
        proofs.prove_health(rack.cluster, rack.patience, stack_of(rack.assembly.topology).bootstrap)
        proofs.prove_write(rack.cluster, rack.patience)

    def _prove_member(self, name: str) -> None:
        """Have a restored machine find itself healthy; where it does not know how to ask, we do."""
        rack = self._rack
        if not proofs.prove_own_health(name, rack.machines[name].keeper, rack.patience):
            proofs.prove_health(rack.cluster, rack.patience, [name])

    def _proofs(self, rung: Rung) -> list[Callable[[], None]]:
        """Return what a restored lab has to prove besides its memory."""
        rack = self._rack
        if rung is Rung.CLUSTER:
            members = [partial(self._prove_member, name) for name in stack_of(rack.assembly.topology).bootstrap]
            return [*members, partial(proofs.prove_write, rack.cluster, rack.patience)]
        return [partial(proofs.prove_listening, one.address, rack.patience) for one in rack.installers.values()]

    def _shape(self) -> dict[str, object]:
        """Return everything that shapes what is in the machines."""
        rack, bench = self._rack, self._rack.workbench
        firmware = rack.assembly.firmware
        uefi = ovmf() if firmware is Firmware.UEFI else None
        return {
            "topology": rack.assembly.topology.model_dump(mode="json"),
            "images": {name: image.key for name, image in bench.images.items()},
            "stack": stack_version(rack.assembly.stack),
            "firmware": [firmware.value, digest([uefi.code, uefi.variables]) if uefi else ""],
            "accelerator": [bench.accelerator.value, processor() if bench.accelerator.value == "kvm" else ""],
            "hypervisor": bench.hypervisor.versions(),
            "network": sorted({type(one).__name__ for one in rack.attachments}),
            "code": own_code(),
        }

    def _tell(self, words: str) -> None:
        self._rack.workbench.tell(f"{self._rack.assembly.topology.name}: {words}")


def _reasons(error: BaseException) -> str:
    """Return what went wrong, in one line."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(map(_reasons, error.exceptions))
    return str(error).partition("\n")[0]
