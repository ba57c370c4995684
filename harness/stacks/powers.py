"""What only some clusters can do: each power is a protocol, and a scenario that needs it asks with `isinstance`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

    from harness.stacks.protocol import Members, Revision, Which


@runtime_checkable
class CompareAndSwap(Protocol):
    """A cluster that can write on a condition."""

    def compare_and_swap(
        self, key: str, expected: str | None, value: str, *, via: Which | None = None, within: timedelta = ...
    ) -> Revision | None:
        """Write a value if the key holds what is expected (None: doesn't exist); None where it holds something else."""


@dataclass(frozen=True)
class Changed:
    """A watch told of a change: `value` is None for a key that was deleted.

    `revision` is the store's that made the change, `version` counts the changes of this key since it was made.
    """

    key: str
    value: str | None
    revision: int
    version: int


class Watch(Protocol):
    """A watch that goes on in the background while its block lasts, until its member ends it."""

    @property
    def changes(self) -> tuple[Changed, ...]:
        """What it was told of until now, in the order of its telling."""

    @property
    def ended(self) -> str | None:
        """Why it ended by itself, None while it goes on. A machine that lost its power says nothing, not even that."""

    def __enter__(self) -> Self:
        """Give the watch."""

    def __exit__(self, *_: object) -> None:
        """End it."""


@runtime_checkable
class Watchable(Protocol):
    """A cluster that tells of changes."""

    def watch(self, prefix: str, *, via: Which, since: int | None = None) -> Watch:
        """Watch the keys with a prefix at one machine, from a revision on, or from now; it is in force on return.

        Now is what that machine has applied: one that lags may still tell what others have acknowledged before.
        Raises `Unavailable`.
        """


@dataclass(frozen=True)
class Lease:
    """A lease that was granted: its identity, and for how long it is good after each refresh."""

    id: int
    ttl: timedelta


@runtime_checkable
class Leasing(Protocol):
    """A cluster whose keys can be bound to leases, with which they go."""

    def grant(self, ttl: timedelta, *, via: Which | None = None, within: timedelta = ...) -> Lease:
        """Open a lease of whole seconds; the cluster may make it longer. Raises as a write does."""

    def keep_alive(self, lease: Lease, *, via: Which | None = None, within: timedelta = ...) -> bool:
        """Refresh a lease; False where it no longer exists. Raises as a write does."""

    def revoke(self, lease: Lease, *, via: Which | None = None, within: timedelta = ...) -> None:
        """End a lease, and delete what is bound to it. Raises as a write does, also where it no longer exists."""

    def put_leased(
        self, key: str, value: str, lease: Lease, *, via: Which | None = None, within: timedelta = ...
    ) -> Revision:
        """Write a value that goes with its lease. Raises as a write does, also where there is no such lease."""


@runtime_checkable
class Growable(Protocol):
    """A cluster that a member can be added to, before it is started."""

    def add_member(self, name: str, raft_addr: str, *, via: Which | None = None, within: timedelta = ...) -> Members:
        """Add a member at an address, ``HOST:PORT``, and return the members then; it has no name until it starts.

        Raises as a write does: `Unavailable` also where the address is taken, and while too few members run.
        """


@runtime_checkable
class Shrinkable(Protocol):
    """A cluster that a member can be removed from."""

    def remove(self, member: Which, *, via: Which | None = None, within: timedelta = ...) -> None:
        """Remove a member, running or not. Raises `KeyError` where there is none of that name."""


@runtime_checkable
class Leading(Protocol):
    """A cluster whose leaders can be chosen, so that a failure begins as it did in the field."""

    def lead(self, leaders: Mapping[str, str], *, within: timedelta = ...) -> None:
        """Have machines lead, by the services that they are to lead; services that there are none of are passed over.

        Raises as a write does.
        """
