"""What the switch's process is told while it runs, one method for each command; each answers with JSON."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from harness.capture.notes import Note
from harness.network import impairment, notes, ports
from harness.network.hearing import Match
from harness.network.switch.conditions import Conditions
from harness.network.switch.device import Device, Group, Patch, Tap, Udp
from harness.network.switch.fabric import Link, Port
from harness.network.switch.rules import Rule
from harness.network.switch.trunk_tap import UNTAGGED, TrunkTap

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.network.switch.fabric import Fabric
    from harness.network.switch.recorder import Recorder


class Commands:
    """The commands of one fabric. `watch` and `forget` are told of devices that come and go."""

    def __init__(
        self,
        fabric: Fabric,
        recorder: Recorder,
        seed: str,
        watch: Callable[[Port], None],
        forget: Callable[[Port], None],
    ) -> None:
        self._fabric = fabric
        self._recorder = recorder
        self._seed = seed
        self._watch = watch
        self._forget = forget
        self._deaf: dict[int, list[str]] = {}
        self._missed = 0
        self._looked = time.time_ns()
        self._commands: dict[str, Callable[..., object]] = {
            "lay": self._lay,
            "connect": self._connect,
            "unplug": self._unplug,
            "cut": self._cut,
            "impair": self._impair,
            "read": self._read,
            "deafen": self._deafen,
            "hear": self._hear,
            "note": self._note,
            "flush": self._flush,
            "stop": self._flush,
        }

    def carry_out(self, message: dict[str, Any], descriptors: Sequence[int]) -> dict[str, object]:
        """Carry out a command; the answer holds what it returned, or why it could not be carried out."""
        arguments = dict(message)
        name = arguments.pop("do", None)
        try:
            if name == "plug":
                return {"answer": self._plug(arguments["ports"], descriptors)}
            if name == "wake":
                self._recorder.wake(*descriptors)
                return {"answer": None}
            return {"answer": self._commands[name](**arguments)}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"{name}: {type(error).__name__}: {error}"}

    def _plug(self, wanted: Sequence[dict[str, Any]], descriptors: Sequence[int]) -> int:
        left = iter(descriptors)
        for one in wanted:
            device = _device(one["kind"], [next(left) for _ in one["tags"]], one["tags"], one.get("group"))
            link = self._fabric.links[one["number"]]
            port = Port(link.number, device, link)
            self._fabric.plug(port, ports.from_json(one["mode"]), one["switch"])
            self._watch(port)
            if not link.carrier:
                device.set_carrier(on=False)
        return len(wanted)

    def _lay(self, links: Sequence[tuple[int, str]]) -> None:
        """Lay cables, with nothing plugged in. Their random choices start from their names."""
        for number, name in links:
            up, down = (Conditions(f"{self._seed}/{name}/{direction}") for direction in ("up", "down"))
            self._fabric.links[number] = Link(number, name, up, down, self._recorder.link(name))

    def _connect(self, number: int, far: int, cable: dict[str, Any]) -> None:
        """Join two switches. The link's port is at the second, the one without conditions at the first."""
        mode = ports.Trunk(frozenset(cable["vlans"]))
        first, second = Port(far, Patch(), None), Port(number, Patch(), self._fabric.links[number])
        first.peer, second.peer = second, first
        for port, switch in zip((first, second), cable["switches"], strict=True):
            self._fabric.plug(port, mode, switch, isolated=cable["wan"])

    def _unplug(self, numbers: Sequence[int]) -> Mapping[str, object]:
        self._note_lost()
        self._missed -= sum(self._fabric.ports[number].device.missed() for number in numbers)
        last = {self._fabric.links[number].name: self._report(self._fabric.links[number]) for number in numbers}
        for number in numbers:
            self._forget(self._fabric.ports[number])
            self._fabric.unplug(number)
        return last

    def _cut(self, number: int, up: bool, down: bool, carrier: bool) -> bool:  # noqa: FBT001 - named in the message
        """Set which directions are cut, and the carrier; returns whether the machine can see the carrier."""
        link = self._fabric.links[number]
        link.up.is_cut, link.down.is_cut = up, down
        cut = [name for name, is_cut in (("up", up), ("down", down)) if is_cut]
        self._recorder.note(notes.cut(link.name, cut, carrier=carrier))
        port = self._fabric.ports.get(number)
        changed, link.carrier = carrier != link.carrier, carrier
        if port is None or not changed:
            return True
        port.core.flush(number)
        if port.peer is not None:
            port.peer.core.flush(port.peer.number)
        return port.device.set_carrier(on=carrier)

    def _impair(self, number: int, value: dict[str, Any], directions: Sequence[str]) -> None:
        link = self._fabric.links[number]
        wanted = impairment.from_json(value)
        for direction in directions:
            {"up": link.up, "down": link.down}[direction].replace(wanted)
        self._recorder.note(notes.impair(link.name, wanted, directions))

    def _read(self, number: int) -> dict[str, object]:
        """Return what is in force on a link."""
        link = self._fabric.links[number]
        directions = {"up": link.up, "down": link.down}
        return {
            name: {"cut": conditions.is_cut, "impairment": impairment.to_json(conditions.impairment)}
            for name, conditions in directions.items()
        }

    def _deafen(self, rule: int, deaf: dict[str, Sequence[int]], only: dict[str, Any] | None) -> None:
        whom = {int(listener): frozenset(speakers) for listener, speakers in deaf.items()}
        match = Match.from_json(only) if only else None
        self._fabric.rules.add(rule, Rule(whom, match))
        named = {self._name(one): [self._name(other) for other in others] for one, others in whom.items()}
        self._deaf[rule] = list(named)
        self._recorder.note(notes.deafen(rule, named, match))

    def _hear(self, rule: int) -> int:
        dropped = self._fabric.rules.remove(rule)
        self._recorder.note(notes.hear(rule, self._deaf.pop(rule, ()), dropped))
        return dropped

    def _note(self, **note: Any) -> None:  # noqa: ANN401 - from JSON
        self._recorder.note(Note(**{**note, "who": tuple(note["who"])}))

    def _name(self, number: int) -> str:
        return self._fabric.links[number].name

    def _note_lost(self) -> None:
        """Say in the capture how many frames got lost on their way to it since this was last asked."""
        now, missed = time.time_ns(), sum(port.device.missed() for port in self._fabric.ports.values())
        if missed > self._missed:
            self._recorder.note(notes.lost(missed - self._missed, self._looked))
        self._missed, self._looked = missed, now

    def _flush(self) -> dict[str, object]:
        self._note_lost()
        self._recorder.flush()
        return {
            "links": {link.name: self._report(link) for link in self._fabric.links.values()},
            "rules": self._fabric.rules.counts(),
            "moves": sum(core.table.moves for core in self._fabric.cores.values()),
        }

    def _report(self, link: Link) -> dict[str, object]:
        counted = link.counters
        port = self._fabric.ports.get(link.number)
        missed = port.device.missed() if port else 0
        return {
            "received": counted.received,
            "received_bytes": counted.received_bytes,
            "sent": counted.sent,
            "sent_bytes": counted.sent_bytes,
            "dropped": {**counted.dropped, "missed": missed} if missed else counted.dropped,
            "up": link.up.counts,
            "down": link.down.counts,
        }


def _device(kind: str, descriptors: Sequence[int], tags: Sequence[int], group: tuple[str, int] | None) -> Device:
    if group is not None:
        receiver, sender = descriptors
        return Group(receiver, sender, group)
    if kind == "udp":
        return Udp(descriptors[0])
    return Tap(descriptors[0]) if tags == [UNTAGGED] else TrunkTap(dict(zip(tags, descriptors, strict=True)))
