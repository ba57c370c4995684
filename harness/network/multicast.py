"""The multicast kind of network: guests on the groups of QEMU's socket netdevs, as T036 documents them.

Where the topology fixes a segment's group, its guests share it: the segment is a hub, each guest hears every frame, its
own too, and nothing can come between two of them. Every other guest's card has a group of its own, and so has one whose
link was impaired or cut before it was plugged in. The switch's process
joins all groups: it relays between them, captures, and does to a link what is asked for.
"""

from __future__ import annotations

import os
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, Any

from harness.errors import LabError
from harness.network.group import dropped, open_receiver, open_sender
from harness.network.ports import Access
from harness.network.protocol import BOTH, MulticastAttachment
from harness.network.switch_link import Link
from harness.network.switched import SwitchNetwork, wanted
from harness.network.wiring import Plug
from harness.topology.scalars import MulticastEndpoint

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.network.wiring import Card
    from harness.sandbox.netns import NetworkNamespace

DEFAULT_GROUP = IPv4Address("230.0.0.1")
DEFAULT_PORT = 1234

RECEIVER, SENDER = 0, 1


def hub_name(endpoint: MulticastEndpoint) -> str:
    """Return the name of the link by which the switch hears a group that guests share."""
    return f"hub {endpoint}"


class Links(dict[str, Link]):
    """Links by name. The cable of a guest on a hub is none; who asks for it is told why."""

    def __init__(self) -> None:
        self.on_hubs: dict[str, MulticastEndpoint] = {}

    def __missing__(self, name: str) -> Link:
        if name not in self.on_hubs:
            raise KeyError(name)
        raise LabError(
            f"the link {name} can't be controlled: its guest shares the group {self.on_hubs[name]} with others. Use "
            "--lab-network=switch, or leave `multicast` out of the topology: each card has a group of its own, then"
        )


class MulticastNetwork(SwitchNetwork):
    """The switch kind, but for its guests, which are on groups. `fixed` are the groups of segments, by VLAN."""

    def __init__(
        self,
        folder: Path,
        namespace: NetworkNamespace,
        *,
        fixed: Mapping[int, MulticastEndpoint] | None = None,
        **options: Any,  # noqa: ANN401 - those of the switch kind
    ) -> None:
        super().__init__(folder, namespace, **options)
        self.links: Links = Links()
        self._ours: set[int] = set()
        self._fixed = dict(fixed or {})
        self._taken = set(self._fixed.values())

    def attach(self, name: str, card: Card) -> MulticastAttachment:
        """Make a link for a guest's card, and return the group that the card joins.

        A card on a segment with a fixed group joins that, and its link can't be controlled from then on; where
        something was done to the link before, it has a group of its own instead. Raises `ValueError` for a name that
        is taken.
        """
        vlan = card.mode.native
        if not isinstance(card.mode, Access) or vlan not in self._fixed or self._is_controlled(name):
            endpoint = self._free_group()
            self._join(name, card, endpoint)
            return MulticastAttachment(*endpoint)
        if name in self._plugged or name in self.links.on_hubs:
            raise ValueError(f"something is plugged into the link {name} already")
        endpoint = self._fixed[vlan]
        if endpoint not in self.links.on_hubs.values():
            self._join(hub_name(endpoint), card, endpoint)
        self.links.pop(name, None)
        self.links.on_hubs[name] = endpoint
        return MulticastAttachment(*endpoint)

    def guests_in(self, hub: str) -> list[str]:
        """Return the names of the cables of the guests that share a group, by the name of its link."""
        return [name for name, endpoint in self.links.on_hubs.items() if hub_name(endpoint) == hub]

    def guests_dropped(self) -> int:
        """Return how many frames were lost because a guest's own socket buffer was full."""
        ports = {endpoint.port for endpoint in self._taken}
        tables = self.namespace.run(lambda: [dropped(port) for port in ports])
        return sum(count for table in tables for inode, count in table.items() if inode not in self._ours)

    def _is_controlled(self, name: str) -> bool:
        link = self.links.get(name)
        return link is not None and any(
            link.is_cut(direction) or not link.impairment(direction).is_nothing() for direction in BOTH
        )

    def _join(self, name: str, card: Card, endpoint: MulticastEndpoint) -> None:
        """Plug a group in."""

        def join() -> tuple[int, int]:
            sender = open_sender()
            return open_receiver(endpoint, except_port=sender.getsockname()[1]).detach(), sender.detach()

        receiver, sender = self.namespace.run(join)
        self._ours.add(os.fstat(receiver).st_ino)
        plug = Plug(name, card.mode, {RECEIVER: receiver, SENDER: sender}, card.switch)
        self._plug([plug], [wanted("group", plug, group=[str(endpoint.group), endpoint.port])])

    def _free_group(self) -> MulticastEndpoint:
        """Return the next free port of QEMU's usual group."""
        ports = (MulticastEndpoint(DEFAULT_GROUP, port) for port in range(DEFAULT_PORT, 1 << 16))
        endpoint = next(one for one in ports if one not in self._taken)
        self._taken.add(endpoint)
        return endpoint
