"""Who may speak on a segment: one DHCP server, and one owner for each address."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from harness.checks.invariants.invariant import Ledger
from harness.checks.invariants.recent import Recent
from harness.checks.invariants.seen import AddressClaim, OfferSeen

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from harness.checks.invariants.seen import Seen
    from harness.checks.verdict import Verdict


class OneDhcpServer:
    """One machine alone offers addresses on a segment. The witness is the first offer of each of two."""

    name: ClassVar[str] = "one DHCP server per segment"

    def __init__(self) -> None:
        self._servers: Recent[str, OfferSeen] = Recent()
        self._others: Recent[tuple[str, str], bool] = Recent()
        self._ledger = Ledger(self.name, "DHCP offer")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, OfferSeen):
            return
        self._ledger.looked()
        first = self._servers.setdefault(seen.segment, seen)
        if first.server != seen.server and self._others.get((seen.segment, seen.server)) is None:
            self._others.set((seen.segment, seen.server), True)
            because = f"{first.server} ({first.where}) and {seen.server} ({seen.where}) serve DHCP on {seen.segment}"
            self._ledger.violated(because, first, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"each of {len(self._servers)} segments had one server")


class OneOwner:
    """An address belongs to one machine.

    `owners` has the MAC addresses of the owners that are known, by address: any other that claims it is a violation.
    Other addresses may be handed over (a lease that ended, a machine that was replaced), but not back and forth: one
    that claims what another has claimed since is a violation. `virtual` addresses may move as they like: that is what
    VRRP is for. The witness is the claims that contradict each other.
    """

    name: ClassVar[str] = "one owner per address"

    def __init__(self, owners: Mapping[str, str] | None = None, *, virtual: Collection[str] = ()) -> None:
        self._owners = dict(owners or {})
        self._virtual = frozenset(virtual)
        self._last: Recent[tuple[str, str], AddressClaim] = Recent()
        self._former: Recent[tuple[str, str, str], AddressClaim] = Recent()
        self._ledger = Ledger(self.name, "claim of an address")

    def feed(self, seen: Seen) -> None:
        """Take what was seen."""
        if not isinstance(seen, AddressClaim) or seen.address in self._virtual:
            return
        self._ledger.looked()
        place = (seen.segment, seen.address)
        before = self._last.get(place)
        owner = self._owners.get(seen.address)
        if before is None or before.owner != seen.owner:
            if owner is not None and seen.owner != owner:
                self._ledger.violated(f"{seen.owner} claims {seen.address} of {owner} ({seen.where})", seen)
            elif owner is None and before is not None and (former := self._former.get((*place, seen.owner))):
                because = f"{seen.owner} and {before.owner} both claim {seen.address} ({before.where}, {seen.where})"
                self._ledger.violated(because, former, before, seen)
            if before is not None:
                self._former.set((*place, before.owner), before)
        self._last.set(place, seen)

    def verdict(self) -> Verdict:
        """Return what is known so far."""
        return self._ledger.verdict(f"each of {len(self._last)} addresses had one owner")
