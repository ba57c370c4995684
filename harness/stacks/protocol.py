"""The verbs that every stack offers. A stack is a plug: scenarios name what they do, not the product that does it.

What only some clusters can do stands in `harness.stacks.powers`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

from harness.errors import HarnessError
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping
    from datetime import timedelta
    from pathlib import Path, PurePosixPath

    from harness.machines.services import Service
    from harness.provisioning.certificates import Certificate
    from harness.provisioning.files import Entry
    from harness.provisioning.own_installer import Access, OwnInstallation
    from harness.sandbox.waiting import Patience
    from harness.topology.model import MachineSpec, Topology

REQUEST_TIMEOUT = 10 * seconds
"""How long one request may take on a healthy host; longer than a store takes to give it up by itself."""


class Named(Protocol):
    """Anything that has a machine's name: its spec, the running machine, a `Member`."""

    @property
    def name(self) -> str:
        """The machine's name in the topology."""


Which: TypeAlias = "Named | str"
"""A machine, by itself or by its name."""


class Unavailable(HarnessError):  # noqa: N818 - what happened, in the words of the design
    """The request was not carried out, and won't be: it can be counted as never made."""


class MaybeHappened(HarnessError):  # noqa: N818 - as above
    """The request was made and no answer came: nobody knows whether it was, or will be, carried out."""


@dataclass(frozen=True)
class Member:
    """A member of a Raft cluster. `name` is empty for one that was added and has not started yet.

    `id` is the cluster's own number for it, 0 where it has none.
    """

    name: str
    id: int
    peer_urls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Members:
    """A cluster's members as the machine `seen_by` lists them, the leader that it knows of, and its Raft term."""

    members: tuple[Member, ...]
    leader: str | None
    term: int
    seen_by: str

    @property
    def names(self) -> tuple[str, ...]:
        """The members' names, sorted."""
        return tuple(sorted(member.name for member in self.members))

    def __iter__(self) -> Iterator[Member]:
        return iter(self.members)

    def __len__(self) -> int:
        return len(self.members)


@dataclass(frozen=True)
class Check:
    """One health endpoint, looked at once: whether it answered 200, and what was seen."""

    service: str
    machine: str
    url: str
    healthy: bool
    seen: str

    def __str__(self) -> str:
        return f"{self.service} on {self.machine} ({self.url}): {self.seen}"


@dataclass(frozen=True)
class Health:
    """All health endpoints of a cluster, looked at at about the same time."""

    checks: tuple[Check, ...]

    @property
    def complete(self) -> bool:
        """Whether every endpoint answered 200, and there was one."""
        return bool(self.checks) and not self.failing

    @property
    def has_quorum(self) -> bool:
        """Whether every service answered 200 somewhere; a Raft service does that with a quorum only."""
        services = {check.service for check in self.checks}
        return bool(services) and services == {check.service for check in self.checks if check.healthy}

    @property
    def failing(self) -> tuple[Check, ...]:
        """The endpoints that did not answer 200."""
        return tuple(check for check in self.checks if not check.healthy)

    def __str__(self) -> str:
        return "; ".join(map(str, self.failing)) or f"all {len(self.checks)} endpoints are healthy"


@dataclass(frozen=True, order=True)
class Revision:
    """When a write took place: the store's revision after it. `term` is the Raft term of the answer.

    Both are 0 where the store does not say.
    """

    number: int
    term: int


class KeyValue(Protocol):
    """What a client of a cluster needs. `Cluster` says what calls have in common."""

    def put(self, key: str, value: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Revision:
        """Write a value through the cluster's consensus."""

    def get(self, key: str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> str | None:
        """Read a key, linearizable; None where it doesn't exist."""


@runtime_checkable
class Cluster(KeyValue, Protocol):
    """A running cluster, asked from the scenario's own address.

    `via` picks the machine that is asked; without it, machines are asked in turn until one knows. `within` is for one
    request and is stretched by the host's patience. Writes raise `Unavailable` or `MaybeHappened`, everything else
    `Unavailable` alone; a machine that is not in the cluster raises `KeyError`.
    """

    def members(self, *, via: Which | None = None) -> Members:
        """List the members."""

    def leader(self, *, via: Which | None = None) -> MachineSpec:
        """Return the machine that leads: as `via` believes, or else the one of the highest term that any machine knows.

        Raises `Unavailable` where no leader is known.
        """

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every health endpoint once, on all machines or on these. Raises nothing."""

    def wait_for_leader(
        self,
        *,
        within: timedelta,
        among: Collection[Which] | None = None,
        outside: Collection[Which] | None = None,
    ) -> MachineSpec:
        """Wait until one of these machines (all, or all but those outside) leads and says so itself; return it.

        Raises `harness.sandbox.waiting.NotSeen`.
        """

    def wait_until_healthy(self, *, within: timedelta, among: Collection[Which] | None = None) -> Health:
        """Wait until every health endpoint answers 200. Raises `harness.sandbox.waiting.NotSeen`."""


@dataclass(frozen=True)
class Secrets:
    """What only one lab knows: its authority's certificate, a certificate for each machine, passwords by their use."""

    ca_pem: bytes
    certificates: Mapping[str, Certificate]
    passwords: Mapping[str, str] = field(repr=False)


class Stack(Protocol):
    """What the machines run: which files make it, which units start it, and how the running thing is asked.

    There is nothing to inherit: a class with these members is a stack (``docs/your-stack.md``). It is made once for
    each lab, by calling an entry point of ``harness.stacks`` without arguments.
    """

    @property
    def name(self) -> str:
        """The stack's name, by which a topology asks for it."""

    @property
    def absent(self) -> Mapping[str, str]:
        """The documents' services that this stack has not got, each with the reason; may be empty."""

    def secrets(self, topology: Topology) -> Secrets:
        """Make fresh secrets for a lab; every other call is given them. Raises `LookupError` as `files`.

        `harness.stacks.lab_secrets` makes an authority and the certificates.
        """

    def files(self, topology: Topology, machine: str, secrets: Secrets) -> Mapping[PurePosixPath, Entry]:
        """Return everything that is put on a machine for this stack, by absolute path; the same each time.

        Raises `LookupError` for a topology without a stack, and for a machine that does not run it.
        """

    def units(self, topology: Topology, machine: str) -> tuple[str, ...]:
        """Return the systemd units to enable on a machine, in the order in which they start; each is among the files.

        They print the lines to the console that the harness waits for (``docs/your-stack.md``).
        """

    def cluster(self, topology: Topology, secrets: Secrets, *, patience: Patience) -> Cluster:
        """Return the means to ask the cluster; nothing is asked yet."""


@runtime_checkable
class InstallsItself(Protocol):
    """A stack whose machines a program of the host installs, where the harness's own installer would.

    The machine boots its installer from the network as ever; then the program is run instead of the harness's steps.
    It is handed the stack's `files` and the lab's SSH keys; the `units` are none of the harness's business.
    """

    def installer(self, topology: Topology, machine: str) -> Callable[[Access], OwnInstallation]:
        """Return how the program is run on a machine, once its installer can be reached.

        Raises `HostError` where the program, or something that it needs, is missing: nothing has started then.
        """

    def booted_line(self, machine: str) -> str:
        """Return a regular expression for the console line by which the installed machine shows that it has booted."""


@runtime_checkable
class Native(Protocol):
    """A stack that also runs on machines that share the host's programs and files: namespace machines.

    They have no systemd and no first boot: a machine's services are started together when it is switched on, in the
    machine's own network, and one that fails is started again after a second.
    """

    def prepare(self, topology: Topology, machine: str, secrets: Secrets, root: Path) -> tuple[Service, ...]:
        """Write a machine's files below a folder of its own, and return its services in the order of their start.

        A machine that joins asks for its membership here, so the cluster has to run and to be reachable then; it may be
        called again, and asks once. Raises `LookupError` as `Stack.files` does, `HostError` where the host lacks a
        program, and `Unavailable` where the cluster does not take the machine.
        """
