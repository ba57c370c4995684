"""Guests without QEMU: cards whose frames go through a socket of theirs, as a guest's do, to where the network says."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Collection, Mapping
from typing import Any

from harness.capture.notes import Note
from harness.network.group import open_receiver, open_sender, widen
from harness.network.hearing import Hearing, Match
from harness.network.multicast import MulticastNetwork
from harness.network.protocol import Attachment, MulticastAttachment, UdpAttachment
from harness.network.switch import offload, segmentation
from harness.network.switch.device import READ, Device, Tap, Unplugged
from harness.network.switch.trunk_tap import UNTAGGED, TrunkTap
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace
from harness.topology.scalars import MulticastEndpoint


class Guests:
    """A network all of whose cards are guests'. A card's TAP devices and its socket are moved by a thread."""

    def __init__(self, network: SwitchNetwork | MulticastNetwork) -> None:
        self.network = network
        self.links: dict[str, Any] = network.links
        self._stop, self._stopped = socket.socketpair()
        self._threads: list[threading.Thread] = []

    @property
    def captures(self) -> Any:  # noqa: ANN401 - as the network's
        return self.network.captures

    def connect(self, name: str, first: str, second: str, *, vlans: Collection[int], wan: bool = False) -> Any:  # noqa: ANN401 - as the network's
        return self.network.connect(name, first, second, vlans=vlans, wan=wan)

    def flush(self) -> None:
        self.network.flush()

    def note(self, note: Note) -> None:
        self.network.note(note)

    def wake(self, descriptor: int) -> None:
        self.network.wake(descriptor)

    def deafen(self, who: Hearing, *, only: Match | None = None) -> contextlib.AbstractContextManager[Any]:
        return self.network.deafen(who, only=only)

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> None:
        for plug in make_cards(place, cards):
            at = self.network.attach(plug.name, cards[plug.name])
            ears, mouth, to = self.network.namespace.run(lambda at=at: sockets(at))  # type: ignore[misc]
            tap = Tap(plug.descriptors[0]) if list(plug.descriptors) == [UNTAGGED] else TrunkTap(plug.descriptors)
            thread = threading.Thread(target=self._move, args=(tap, ears, mouth, to), name=plug.name)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        self._stop.close()
        for thread in self._threads:
            thread.join()
        self._stopped.close()
        self.network.stop()

    def _move(self, tap: Device, ears: socket.socket, mouth: socket.socket, to: tuple[str, int]) -> None:
        with ears, mouth, contextlib.suppress(Unplugged):
            while True:
                ready, _, _ = select.select([tap.fileno(), ears.fileno(), self._stopped.fileno()], [], [])
                if self._stopped.fileno() in ready:
                    break
                with contextlib.suppress(BlockingIOError):
                    for frame in segmentation.frames(tap.read()) if tap.fileno() in ready else ():
                        mouth.sendto(frame, to)
                with contextlib.suppress(BlockingIOError):
                    if ears.fileno() in ready:
                        tap.write(offload.PLAIN + ears.recv(READ))
        tap.close()


def sockets(at: Attachment) -> tuple[socket.socket, socket.socket, tuple[str, int]]:
    """Return what a guest hears by, what it speaks by, and where to, as QEMU opens them."""
    if isinstance(at, MulticastAttachment):
        mouth = open_sender()
        endpoint = MulticastEndpoint(at.group, at.port)
        ears = open_receiver(endpoint, except_port=mouth.getsockname()[1])
        return ears, mouth, (str(at.group), at.port)
    assert isinstance(at, UdpAttachment)
    ears = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    widen(ears)  # as a virtual machine does to QEMU's
    ears.bind((str(at.host), at.local_port))
    ears.setblocking(False)
    return ears, ears.dup(), (str(at.host), at.port)
