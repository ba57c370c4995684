"""What connects machines, switches and sites: links with their conditions, switches, cables, lines between sites."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from harness.topology.impairment import Impairment
from harness.topology.network_scalars import Chance, Rate  # noqa: TC001 - pydantic reads the annotations
from harness.topology.scalars import Duration, Name  # noqa: TC001 - pydantic reads the annotations
from harness.topology.spec import Spec


class ImpairmentSpec(Spec):
    """An `Impairment` as a file says it: what is left out leaves the link alone, 0 means 0."""

    delay: Duration | None = None
    jitter: Duration | None = None
    loss: Chance | None = None
    duplicate: Chance | None = None
    reorder: Chance | None = None
    corrupt: Chance | None = None
    rate: Rate | None = None

    @property
    def value(self) -> Impairment:
        """The impairment itself."""
        return Impairment(**{name: getattr(self, name) for name in type(self).model_fields})


class LinkSpec(Spec):
    """The conditions of a link: in both directions, and what differs in the one or the other."""

    both: ImpairmentSpec = ImpairmentSpec()
    forth: ImpairmentSpec = ImpairmentSpec()
    """What the first end sends: a card's machine, or the first of `between`."""
    back: ImpairmentSpec = ImpairmentSpec()
    """What the first end is sent."""

    def directions(self) -> tuple[Impairment, Impairment]:
        """Return the impairment of what the first end sends, and of what it is sent."""
        return self.forth.value.over(self.both.value), self.back.value.over(self.both.value)


class UplinkSpec(Spec):
    """A line to the internet."""

    name: Name
    speed: Rate | None = None


class SwitchSpec(Spec):
    """A switch. With `routes` it also routes: it holds the gateway's address of each VLAN named there."""

    name: Name
    site: Name | None = None
    rack: Name | None = None
    routes: tuple[Name, ...] = Field(default=(), description="a list of names of VLANs")
    uplinks: tuple[UplinkSpec, ...] = Field(default=(), description="a list of lines to the internet")


class CableSpec(Spec):
    """A cable between two switches. It carries every VLAN, tagged."""

    between: tuple[Name, ...] = Field(min_length=2, max_length=2, description="a list of two names of switches")
    speed: Rate | None = None
    link: LinkSpec = LinkSpec()


class WanSpec(Spec):
    """A line between two sites. `replication` is what it shall be good enough for."""

    between: tuple[Name, ...] = Field(min_length=2, max_length=2, description="a list of two names of sites")
    speed: Rate | None = None
    replication: Literal["synchronous", "asynchronous"] | None = None
    link: LinkSpec = LinkSpec()
