"""The bridge kind of network: the kernel's own bridges, with VLAN filtering, a packet filter and netem on their ports.

Where the kernel filters no VLANs, each VLAN of a switch is a bridge of its own; then there are no trunks.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.network import notes
from harness.network.bridge import devices, features
from harness.network.bridge import filter as rules
from harness.network.bridge.cable import NOTHING, Cable
from harness.network.bridge.control import Control
from harness.network.bridge.cut import BridgeCut
from harness.network.bridge.link import BridgeLink
from harness.network.bridge.plant import Plant
from harness.network.bridge.recorder_process import RecorderProcess
from harness.network.protocol import Change, Counters, TapAttachment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from harness.capture.notes import Note
    from harness.network.bridge.plant import Port
    from harness.network.hearing import Hearing, Match
    from harness.network.wiring import Card
    from harness.sandbox.netns import NetworkNamespace

IP_FILTERS = Path("/proc/sys/net/bridge")


class BridgeNetwork:
    """Bridges and their links. The capture of all links is one file, ``bridge.pcapng`` in `folder`."""

    def __init__(
        self,
        folder: Path,
        namespace: NetworkNamespace,
        *,
        seed: int = 0,
        on_death: Callable[[LabError], None] | None = None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.links: dict[str, Cable] = {}
        self._capture = folder / "bridge.pcapng"
        self._namespace = namespace
        self._seed = seed
        self._recorder = RecorderProcess(self._capture, namespace=namespace, on_death=on_death)
        self._running: Control | None = None
        self._rules: dict[str, Hearing] = {}
        self._numbers = itertools.count(1)

    @property
    def captures(self) -> Sequence[Path]:
        """The capture file, up to date after `flush`."""
        return [self._capture]

    @property
    def changes(self) -> Sequence[Change]:
        """What was done to links and to hearing, in order."""
        return self._control.changes

    def start(self) -> None:
        """Start the network. Raises `HostError` for what the kernel lacks, `LabError` where the capture fails."""
        found = features.probe()
        found.require("bridge", "filter")
        table = f"harness_{os.urandom(4).hex()}"
        plant = Plant(self._namespace, found)
        control = Control(self._namespace, found, plant, self._recorder, table=table, seed=self._seed)
        with contextlib.ExitStack() as undo:
            undo.callback(plant.close)
            self._namespace.run(_spare_ip_filters)
            control.run(rules.table(table, vlans=found.vlan_filtering))
            undo.callback(control.run, rules.delete_table(table))
            self._recorder.start()
            undo.pop_all()
        self._running = control

    def lay(self, names: Iterable[str]) -> Sequence[Cable]:
        """Lay cables that nothing is plugged into yet; those that are there stay as they are. Returns their links."""
        with self._control.lock:
            return [self._cable(name) for name in names]

    def wire(self, place: NetworkNamespace, cards: Mapping[str, Card]) -> Sequence[Cable]:
        """Make cards, by the names of their links, in a namespace, and plug them in; returns their links.

        Raises `HostError` for what the kernel lacks or refuses, `ValueError` for a name that is taken. Nothing is left
        then.
        """
        with self._control.lock:
            self._check_free(cards)
            return self._plug(self._control.plant.wire(place, cards))

    def attach(self, name: str, card: Card) -> TapAttachment:
        """Make a link for a guest's card, and return the TAP device that the card plugs into. Raises as `wire`."""
        with self._control.lock:
            self._check_free([name])
            port = self._control.plant.add_tap(name, card)
            self._plug({name: port}, guest=True)
        return TapAttachment(port.device)

    def connect(self, name: str, first: str, second: str, *, vlans: Collection[int], wan: bool = False) -> Cable:
        """Join two switches by a cable that carries some VLANs, tagged; returns its link. Raises as `wire`.

        Between WANs no frame is forwarded (split horizon), so that lines between all sites make no loop.
        """
        if first == second:
            raise ValueError(f"{name} joins {first} with itself, expected two switches")
        with self._control.lock:
            self._check_free([name])
            port = self._control.plant.connect(name, first, second, vlans=vlans, wan=wan)
            return self._plug({name: port}, speak=False)[0]

    def unplug(self, names: Sequence[str]) -> Mapping[str, Counters]:
        """Pull cards out, and leave their links; returns what these have counted.

        Raises `KeyError` for a link that nothing is plugged into.
        """
        control = self._control
        with control.lock:
            gone = {name: _plugged(self.links[name]) for name in names}
            last = self._count(gone)
            ports = [port for link in gone.values() for port in link.devices]
            control.recorder.tell("forget", devices=[port.device for port in ports])
            control.plant.remove(ports)
            control.run("".join(rules.forget(control.table, [link.port.device]) for link in gone.values()))
            for name, counted in last.items():
                self.links[name].unplug(counted)
            return {name: self.links[name].counters() for name in names}

    def deafen(self, who: Hearing, *, only: Match | None = None) -> BridgeCut:
        """Keep links from hearing others: all frames, or `only` some. In force until healed.

        `who` names the links of cards, by the link that a frame came in by: what a router passes on is heard from the
        router. Raises `KeyError` for a name that is not there.
        """
        control = self._control
        with control.lock:
            rule = f"deaf{next(self._numbers)}"
            pairs = [pair for listener, speakers in who.items() for pair in self._pairs(listener, speakers)]
            control.run(rules.deafen(control.table, rule, pairs, only))
            self._rules[rule] = who
            deaf = {one: sorted(others) for one, others in who.items()}
            control.changed("deafen", rule=rule, who=deaf, only=only.to_json() if only else None)
            control.note(notes.deafen(rule, who, only))
        return BridgeCut(control, rule, self._rules)

    def counters(self) -> Mapping[str, Counters]:
        """Return what each link has counted, after the capture on disk is brought up to date."""
        with self._control.lock:
            plugged = {name: cable.plugged for name, cable in self.links.items() if cable.plugged is not None}
            counted = self._count(plugged)
            return {name: cable.with_earlier(counted.get(name, NOTHING)) for name, cable in self.links.items()}

    def flush(self) -> None:
        """Bring the capture on disk up to date."""
        self._control.flush()

    def note(self, note: Note) -> None:
        """Have the capture say, where it is now, what was done."""
        self._control.note(note)

    def wake(self, descriptor: int) -> None:
        """Have an event counter (eventfd(2)) raised whenever the capture on disk has grown, within 0.2 s."""
        self._control.recorder.exchange({"do": "wake"}, "wake", [descriptor])

    def missing_from_capture(self) -> int:
        """Return how many frames passed that the capture does not have, since the recorder could not keep up."""
        return self._control.flush()

    def stop(self) -> None:
        """Stop the network; all devices and rules are gone. Raises `LabError` where the recorder had died before."""
        if self._running is None:
            return
        control, self._running = self._running, None
        self.links.clear()
        self._rules.clear()
        with contextlib.ExitStack() as undo:
            undo.callback(control.run, rules.delete_table(control.table))
            undo.callback(control.plant.close)
            self._recorder.stop()

    @property
    def _control(self) -> Control:
        if self._running is None:
            raise LabError("the network of bridges was used while it was not running")
        return self._running

    def _cable(self, name: str) -> Cable:
        if name not in self.links:
            self.links[name] = Cable(self._control, name, next(self._numbers))
        return self.links[name]

    def _check_free(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.links and self.links[name].plugged is not None:
                raise ValueError(f"something is plugged into the link {name} already")

    def _plug(self, ports: Mapping[str, Port], *, guest: bool = False, speak: bool = True) -> list[Cable]:
        """Plug ports into their cables, with all that was done to these."""
        control = self._control
        cables = [self._cable(name) for name in ports]
        made = [BridgeLink(control, name, port, guest=guest) for name, port in ports.items()]
        if speak:
            pairs = {link.port.device: cable.number for link, cable in zip(made, cables, strict=True)}
            control.run(rules.add_speakers(control.table, pairs))
        control.recorder.tell("watch", sources=[source for link in made for source in link.sources()])
        for cable, link in zip(cables, made, strict=True):
            cable.plug(link)
            for rule, who in self._rules.items():
                control.run(rules.deafen_more(control.table, rule, self._pairs(cable.name, who.get(cable.name, ()))))
        return cables

    def _pairs(self, listener: str, speakers: Iterable[str]) -> list[tuple[str, int]]:
        """Return a listener's port with each speaker's number; none where nothing is plugged in there."""
        plugged = self.links[listener].plugged
        numbers = [self.links[speaker].number for speaker in sorted(speakers)]
        return [(plugged.port.device, number) for number in numbers] if plugged is not None else []

    def _count(self, links: Mapping[str, BridgeLink]) -> dict[str, Counters]:
        control = self._control
        control.flush()
        listing, statistics = control.listing(), devices.statistics(control.netlink)
        return {name: link.count(listing, statistics) for name, link in links.items()}


def _plugged(cable: Cable) -> BridgeLink:
    if cable.plugged is None:
        raise KeyError(cable.name)
    return cable.plugged


def _spare_ip_filters() -> None:
    """Keep the host's br_netfilter, where it is loaded, from putting bridged frames through the filters of IP."""
    for setting in IP_FILTERS.glob("bridge-nf-call-*"):
        with contextlib.suppress(OSError):
            setting.write_text("0")
