"""The reference stack, installed on a rack as the installer would."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Self

from harness.stacks.places import stack_machines
from harness.topology.loader import load
from tests.stacks.reference.rack import Rack

if TYPE_CHECKING:
    from types import TracebackType

    from harness.stacks.reference import ReferenceStack
    from harness.topology.model import Topology
    from tests.stacks.reference.rack import Container

OWN_ADDRESS = "192.168.100.254/24"
T036 = load(Path(__file__).parents[3] / "scenarios/topologies/t036.yaml")
MILESTONES = [
    "harness: booted",
    "harness: chainfire-initialized",
    "harness: flaredb-initialized",
    "harness: iam-initialized",
    "harness: cluster-healthy",
]
STATE = "/var/lib/first-boot-automation"
FIRST_BOOT = "/usr/lib/harness-stack/first-boot"


class Lab:
    """Machines by name; whoever enters stands on their network."""

    def __init__(self, folder: Path, topology: Topology, stack: ReferenceStack) -> None:
        self.topology = topology
        self.stack = stack
        self.secrets = stack.secrets(topology)
        self.cluster = stack.cluster(topology, self.secrets)
        self._rack = Rack(folder, OWN_ADDRESS)

    def __enter__(self) -> Self:
        self._rack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rack.__exit__(kind, error, trace)

    def __getitem__(self, name: str) -> Container:
        return self._rack.containers[name]

    def install(self, *names: str) -> None:
        addresses = stack_machines(self.topology)
        for name in names:
            self._rack.add(name, addresses[name])
            self._fill(name)

    def reinstall(self, name: str) -> None:
        """Give a machine a new disk, and install it again."""
        self[name].wipe()
        self._fill(name)

    def _fill(self, name: str) -> None:
        addresses = stack_machines(self.topology)
        hosts = "".join(f"{address} {name}.plasma.local {name}\n" for name, address in addresses.items())
        self[name].unpack(self.stack.files(self.topology, name, self.secrets))
        self[name].prepare(f"127.0.0.1 localhost\n{hosts}", self.stack.units(self.topology, name))

    def boot(self, *names: str, until: str = "harness: cluster-healthy") -> None:
        for name in names:
            self[name].boot()
        for name in names:
            self[name].wait_for(until)

    def bootstrap(self) -> None:
        assert self.topology.stack is not None
        self.install(*self.topology.stack.bootstrap)
        self.boot(*self.topology.stack.bootstrap)
