"""What the switch's process is told while it runs, one method for each command; each answers with JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.network import impairment, ports
from harness.network.hearing import Match
from harness.network.switch.conditions import Conditions
from harness.network.switch.device import Device, Tap, Udp
from harness.network.switch.fabric import Port
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
        self._commands: dict[str, Callable[..., object]] = {
            "unplug": self._unplug,
            "cut": self._cut,
            "impair": self._impair,
            "read": self._read,
            "deafen": self._deafen,
            "hear": self._hear,
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
            return {"answer": self._commands[name](**arguments)}
        except (KeyError, TypeError, ValueError) as error:
            return {"error": f"{name}: {type(error).__name__}: {error}"}

    def _plug(self, wanted: Sequence[dict[str, Any]], descriptors: Sequence[int]) -> int:
        left = iter(descriptors)
        for one in wanted:
            name = one["name"]
            port = Port(
                number=one["number"],
                name=name,
                device=_device(one["kind"], {tag: next(left) for tag in one["tags"]}),
                up=Conditions(f"{self._seed}/{name}/up"),
                down=Conditions(f"{self._seed}/{name}/down"),
                link=self._recorder.link(name),
            )
            self._fabric.plug(port, ports.from_json(one["mode"]))
            self._watch(port)
        return len(wanted)

    def _unplug(self, numbers: Sequence[int]) -> Mapping[str, object]:
        last = {self._fabric.ports[number].name: self._report(self._fabric.ports[number]) for number in numbers}
        for number in numbers:
            self._forget(self._fabric.ports[number])
            self._fabric.unplug(number)
        return last

    def _cut(self, number: int, up: bool, down: bool, carrier: bool) -> bool:  # noqa: FBT001 - named in the message
        """Set which directions are cut, and the carrier; returns whether the machine can see the carrier."""
        port = self._fabric.ports[number]
        port.up.is_cut, port.down.is_cut = up, down
        if carrier != port.carrier:
            self._fabric.core.flush(number)
            port.carrier = carrier
            return port.device.set_carrier(on=carrier)
        return True

    def _impair(self, number: int, value: dict[str, Any], directions: Sequence[str]) -> None:
        port = self._fabric.ports[number]
        wanted = impairment.from_json(value)
        for direction in directions:
            {"up": port.up, "down": port.down}[direction].replace(wanted)

    def _read(self, number: int) -> dict[str, object]:
        """Return what is in force on a link."""
        port = self._fabric.ports[number]
        directions = {"up": port.up, "down": port.down}
        return {
            name: {"cut": conditions.is_cut, "impairment": impairment.to_json(conditions.impairment)}
            for name, conditions in directions.items()
        }

    def _deafen(self, rule: int, deaf: dict[str, Sequence[int]], only: dict[str, Any] | None) -> None:
        whom = {int(listener): frozenset(speakers) for listener, speakers in deaf.items()}
        self._fabric.rules.add(rule, Rule(whom, Match(**only) if only else None))

    def _hear(self, rule: int) -> int:
        return self._fabric.rules.remove(rule)

    def _flush(self) -> dict[str, object]:
        self._recorder.flush()
        return {
            "ports": {port.name: self._report(port) for port in self._fabric.ports.values()},
            "rules": self._fabric.rules.counts(),
            "moves": self._fabric.core.table.moves,
        }

    @staticmethod
    def _report(port: Port) -> dict[str, object]:
        counted = port.counters
        return {
            "received": counted.received,
            "received_bytes": counted.received_bytes,
            "sent": counted.sent,
            "sent_bytes": counted.sent_bytes,
            "dropped": counted.dropped,
            "up": port.up.counts,
            "down": port.down.counts,
        }


def _device(kind: str, descriptors: dict[int, int]) -> Device:
    if kind == "udp":
        return Udp(descriptors[UNTAGGED])
    return Tap(descriptors[UNTAGGED]) if list(descriptors) == [UNTAGGED] else TrunkTap(descriptors)
