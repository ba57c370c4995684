"""Links by the names that people use: of a machine, a switch, a site, a set of their own."""

from __future__ import annotations

import difflib
from collections import defaultdict
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Protocol

from harness.errors import LabError
from harness.network import plan, routing
from harness.network.protocol import BOTH, Counters, Direction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from harness.network.hearing import Hearing
    from harness.network.impairment import Impairment
    from harness.network.protocol import Link
    from harness.topology.model import Topology

Names = tuple[str, ...]


class ShowCarrier(Protocol):
    """Lets a machine see the cable of that name plugged in or pulled."""

    def __call__(self, link: str, *, on: bool) -> None:
        """Plug it in, or pull it."""


class LinkSet:
    """Some links, which are controlled together.

    `show_carrier` is called with a link's name where its network can't show the carrier to the machine at its end.
    """

    def __init__(self, links: Iterable[Link], *, show_carrier: ShowCarrier | None = None) -> None:
        self.links = tuple(links)
        self._show_carrier = show_carrier

    @property
    def names(self) -> Names:
        """The names of the links."""
        return tuple(link.name for link in self.links)

    def each(self) -> list[LinkSet]:
        """Return the links one by one."""
        return [LinkSet([link], show_carrier=self._show_carrier) for link in self.links]

    def impair(self, value: Impairment, *, directions: Sequence[Direction] = BOTH) -> None:
        """Replace the impairment of each link."""
        for link in self.links:
            link.impair(value, directions=directions)

    def cut(self, *, directions: Sequence[Direction] = BOTH, carrier: bool = True) -> None:
        """Cut each link, as `Link.cut` does. Machines of either kind see their carrier go."""
        pulled = carrier and set(directions) == set(BOTH)
        for link in self.links:
            shown = link.cut(directions=directions, carrier=carrier)
            if self._show_carrier and not (pulled and shown):
                self._show_carrier(link.name, on=not pulled)

    def restore(self) -> None:
        """Let everything through each link again."""
        for link in self.links:
            link.restore()
            if self._show_carrier:
                self._show_carrier(link.name, on=True)

    def counters(self) -> Mapping[str, Counters]:
        """Return what each link has counted."""
        return {link.name: link.counters() for link in self.links}


class Directory:
    """What the names of a topology mean. Sets of names that a scenario made up go with them."""

    def __init__(self, topology: Topology) -> None:
        self._sets: dict[str, Names] = {}
        planned = plan.cards(topology)
        self._addresses = {
            one.link: frozenset(address.ip for group in one.card.addresses.values() for address in group)
            for cards in planned.values()
            for one in cards
        }
        self._routers = frozenset(link for router in routing.routers(topology) for link in router.vlans)
        self._cards = {machine: tuple(one.link for one in cards) for machine, cards in planned.items()}
        self._switches: defaultdict[str, list[str]] = defaultdict(list)
        for one in (one for cards in planned.values() for one in cards):
            self._switches[one.card.switch].append(one.link)
        self._cables = plan.cables(topology)
        self._sites = {
            site.name: tuple(machine.name for machine in topology.machines if machine.site == site.name)
            for site in topology.sites
        }
        self._links = {*(link for links in self._cards.values() for link in links), *(c.link for c in self._cables)}

    def define(self, name: str, *members: str) -> None:
        """Define a name for a set of names.

        Raises `LabError` for a name that means something already, or a member that means nothing.
        """
        if name in self._known():
            raise LabError(f"{name!r} means something already; give the set another name")
        for member in members:
            self.links_of(member)
        self._sets[name] = members

    def links_of(self, *names: str) -> Names:
        """Return the links that are cut when these are.

        Of a machine all its cards, of a switch its cables, of a site its lines to other sites, of a set all that its
        members mean. Raises `LabError` for a name that means nothing.
        """
        return tuple(dict.fromkeys(link for name in names for link in self._links_of(name)))

    def cards_of(self, *names: str) -> Names:
        """Return the links of the cards that a name stands for as a speaker or listener.

        Of a site these are the cards of its machines, of a switch those that are plugged into it. Raises `LabError` as
        `links_of`, and for a cable between switches, at which nobody speaks.
        """
        return tuple(dict.fromkeys(link for name in names for link in self._cards_of(name)))

    def machines_of(self, *names: str) -> Names:
        """Return the machines that machines, sites, and sets of them mean. Raises `LabError` for any other name."""
        return tuple(dict.fromkeys(machine for name in names for machine in self._machines_of(name)))

    def hearing(self, who: Hearing) -> Hearing:
        """Return who may not hear whom, by links. Raises `LabError` as `links_of`."""
        deaf: dict[str, frozenset[str]] = {}
        for listener, speakers in who.items():
            for link in self.cards_of(listener):
                deaf[link] = deaf.get(link, frozenset()) | frozenset(self.cards_of(*speakers))
        return deaf

    def routed(self, who: Hearing) -> dict[frozenset[IPv4Address], Hearing]:
        """Return what `hearing` leaves out: by the addresses of speakers, who may not hear them from routers, either.

        There is none where nothing is routed. Raises `LabError` as `links_of`.
        """
        if not self._routers:
            return {}
        deaf: defaultdict[frozenset[IPv4Address], dict[str, frozenset[str]]] = defaultdict(dict)
        for listener, speakers in self.hearing(who).items():
            addresses = frozenset[IPv4Address]().union(*(self._addresses[speaker] for speaker in speakers))
            if addresses:
                deaf[addresses][listener] = self._routers
        return dict(deaf)

    def _links_of(self, name: str) -> Iterator[str]:
        if name in self._links:
            yield name
        elif name in self._sets:
            yield from self.links_of(*self._sets[name])
        elif name in self._cards:
            yield from self._cards[name]
        elif name in self._known():
            yield from (cable.link for cable in self._cables if name in _ends(cable))
        else:
            raise self._unknown(name)

    def _cards_of(self, name: str) -> Iterator[str]:
        if name in self._sets:
            yield from self.cards_of(*self._sets[name])
        elif name in self._sites:
            yield from (link for machine in self._sites[name] for link in self._cards[machine])
        elif name in self._switches:
            yield from self._switches[name]
        elif any(name == cable.link for cable in self._cables):
            raise LabError(f"nobody speaks or listens at the cable {name}: cut it, or name machines, switches or sites")
        else:
            yield from self._links_of(name)

    def _machines_of(self, name: str) -> Names:
        if name in self._sets:
            return self.machines_of(*self._sets[name])
        if name in self._sites:
            return self._sites[name]
        if name in self._cards:
            return (name,)
        if name in self._known():
            raise LabError(f"{name!r} is no machine and has none: name machines, sites, or sets of them")
        raise self._unknown(name)

    def _known(self) -> set[str]:
        ends = {end for cable in self._cables for end in _ends(cable)}
        return self._links | ends | set(self._sets) | set(self._cards) | set(self._sites) | set(self._switches)

    def _unknown(self, name: str) -> LabError:
        near = difflib.get_close_matches(name, self._known(), 1)
        meant = f"; did you mean {near[0]!r}?" if near else ""
        return LabError(f"{name!r} is no machine, card, switch, cable, site or set of this lab{meant}")


def _ends(cable: plan.CablePlan) -> set[str]:
    """Return what a cable's ends are called: switches, and for a line between sites these, too."""
    return {cable.first, cable.second, *(cable.link.split("--") if cable.wan else ())}
