"""What etcd offers beside keys and members: watches and leases, through its members' JSON gateways."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.stacks.asking import name_of, reading, writing
from harness.stacks.powers import Lease
from harness.stacks.protocol import REQUEST_TIMEOUT, Revision
from harness.stacks.reference.node.etcd import NOT_FOUND, RefusedError
from harness.stacks.reference.watching import EtcdWatch
from harness.units import seconds

if TYPE_CHECKING:
    from datetime import timedelta

    from harness.stacks.asking import Turns
    from harness.stacks.protocol import Which
    from harness.stacks.reference.node.etcd import Etcd


class WatchesAndLeases:
    """The verbs of `harness.stacks.powers.Watchable` and `Leasing`, for whoever can ask an etcd member."""

    _turns: Turns

    def _etcd(self, name: str, within: timedelta) -> Etcd:
        raise NotImplementedError

    def watch(self, prefix: str, *, via: Which, since: int | None = None) -> EtcdWatch:
        """Watch the keys with a prefix at one machine, from a revision on, or from now; it is in force on return.

        Raises `Unavailable`.
        """
        with reading():
            return EtcdWatch(self._etcd(name_of(via), REQUEST_TIMEOUT).watch(prefix, since=since or 0))

    def grant(self, ttl: timedelta, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Lease:
        """Open a lease of whole seconds; etcd makes it as long as an election takes, at least."""

        def ask(name: str) -> Lease:
            with writing():
                lease, good_for = self._etcd(name, within).grant_for(round(ttl.total_seconds()))
            return Lease(lease, good_for * seconds)

        return self._turns.ask(via, ask)

    def keep_alive(self, lease: Lease, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> bool:
        """Refresh a lease; False where it no longer exists."""

        def ask(name: str) -> bool:
            with writing():
                try:
                    return self._etcd(name, within).keep_alive(lease.id) > 0
                except RefusedError as error:
                    if error.code == NOT_FOUND:
                        return False
                    raise

        return self._turns.ask(via, ask)

    def revoke(self, lease: Lease, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> None:
        """End a lease, and delete what is bound to it."""

        def ask(name: str) -> None:
            with writing():
                self._etcd(name, within).revoke(lease.id)

        self._turns.ask(via, ask)

    def put_leased(
        self, key: str, value: str, lease: Lease, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT
    ) -> Revision:
        """Write a value that goes with its lease."""

        def ask(name: str) -> Revision:
            with writing():
                written = self._etcd(name, within).put(key, value, lease=lease.id)
            return Revision(written.revision, written.term)

        return self._turns.ask(via, ask)
