"""What must hold of bandwidths: what is reserved, what a card has, and what cards are said to carry together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.topology.findings import Finding
from harness.topology.holdings import nics
from harness.topology.network_scalars import format_rate
from harness.topology.wording import choice, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.topology.location import Location
    from harness.topology.model import BandwidthSpec, MachineSpec, NicSpec, Tagged, Topology


def bandwidth_findings(topology: Topology) -> Iterator[Finding]:
    """Find reservations that exceed what they are taken from, and totals that are not the sum of their cards."""
    for at, nic in nics(topology):
        yield from _overbooked(nic, ("machines", *at))
        for k, one in enumerate(nic.tagged):
            yield from _overshared(one, ("machines", *at, "tagged", k))
    for i, machine in enumerate(topology.machines):
        if machine.bandwidth is not None:
            yield from _totals(machine, machine.bandwidth, ("machines", i))


def _overbooked(nic: NicSpec, at: Location) -> Iterator[Finding]:
    reserved = [nic.reserved or 0, *(one.reserved or 0 for one in nic.tagged)]
    if nic.speed is not None and sum(reserved) > nic.speed:
        message = f"{format_rate(sum(reserved))} are reserved on a card of {format_rate(nic.speed)}"
        places = tuple((*at, "tagged", k, "reserved") for k in range(len(nic.tagged)))
        yield Finding((*at, "speed"), message, "no more than the card has", rests_on=((*at, "reserved"), *places))


def _overshared(one: Tagged, at: Location) -> Iterator[Finding]:
    shares = sum(share.rate for share in one.shares)
    if one.shares and shares != (one.reserved or 0):
        message = f"shares of {format_rate(shares)} in a reservation of {format_rate(one.reserved or 0)}"
        places = tuple((*at, "shares", k, "rate") for k in range(len(one.shares)))
        yield Finding((*at, "reserved"), message, "shares that add up to it", (*at, "shares"), places)


def _totals(machine: MachineSpec, said: BandwidthSpec, at: Location) -> Iterator[Finding]:
    """Find a total that its cards don't add up to. Where a card has no speed, nothing is known of the sum."""
    cards = {nic.name: (j, nic) for j, nic in enumerate(machine.nics)}
    here: Location = (*at, "bandwidth")
    for k, name in enumerate(said.cards):
        if name not in cards:
            rests_on = tuple((*at, "nics", j, "name") for j in range(len(machine.nics)))
            yield Finding(
                (*here, "cards", k), f"no card is called {quote(name)}", choice(list(cards)), rests_on=rests_on
            )
            return
    chosen = [cards[name] for name in said.cards]
    speeds = [nic.speed for _, nic in chosen if nic.speed is not None]
    if len(speeds) == len(chosen) and sum(speeds) != said.total:
        sums = " + ".join(format_rate(speed) for speed in speeds)
        message = f"{format_rate(said.total)} in all, but the cards have {sums}"
        places = tuple((*at, "nics", j, key) for j, _ in chosen for key in ("name", "speed"))
        yield Finding(
            (*here, "total"),
            message,
            format_rate(sum(speeds)),
            places[1],
            (*places, *((*here, "cards", k) for k in range(len(said.cards)))),
        )
