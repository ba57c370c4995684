"""Services that were gone for a while, by what their machine's kernel refused, where no journal tells of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.processes import Kill, Stop
from harness.incident.citing import seen
from harness.incident.finding import Finding
from harness.incident.machines.power_silences import usual_pause
from harness.incident.machines.service_names import FIRST_EPHEMERAL, Names
from harness.incident.observation import Observation
from harness.topology import ports

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.machines.scene import Scene
    from harness.incident.packet import Packet

SOON = 3 * NANO
"""How soon after a service was gone somebody calls it again, but where its usual pauses are longer."""
LONG = 3 * NANO
"""What restarts a service by itself needs less; one that is gone for longer was stopped."""
LAST = 3 * NANO
"""Who collects evidence stops things: what ends so near to its end is nothing that went wrong before."""
BOTH_WAYS = frozenset({ports.GOSSIP, 7946, 8301, 8302})
"""Where memberlist listens, on TCP and UDP: who does not answer its datagrams is called by TCP."""
FIN, SYN, RST = 0x01, 0x02, 0x04


@dataclass(frozen=True)
class Gone:
    """A port at which nobody listened: the last sign of its service, the first refusal, and the first sign again."""

    last: Packet
    refused: Packet
    back: Packet | None

    @property
    def began(self) -> int:
        """When it ended: as its kernel ended its connections, else between the last sign and the first refusal."""
        ended = self.last.flags & (FIN | RST)
        return self.last.time if ended else (self.last.time + self.refused.time) // 2


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield each service that ended on a machine whose journal is not there, or has no line of systemd's."""
    for machine in sorted({one.name for one in scene.record.topology.machines} & scene.voices.keys()):
        lines = scene.lines(machine)
        if any(line.entry.identifier.startswith("systemd") for line in lines):
            continue
        names = Names(lines, scene.record.logged)
        services: defaultdict[str, list[Gone]] = defaultdict(list)
        for (port, _), packets in _by_port(scene.voice(machine).packets).items():
            if name := names.of(port):
                services[name] += gone(packets)
        for name, spans in services.items():
            yield from _told(machine, name, sorted(spans, key=lambda one: one.last.time), scene)


def gone(packets: Iterable[Packet]) -> Iterator[Gone]:
    """Yield the times at which a port refused who called, among all that was sent from it."""
    said = list(packets)
    soon = max(SOON, usual_pause([one.time for one in said if not is_refusal(one)]))
    last: Packet | None = None
    refused: Packet | None = None
    for packet in said:
        if is_refusal(packet):
            refused = refused or packet
        elif packet.payload or packet.flags & SYN:
            if last is not None and refused is not None and refused.time - last.time <= soon:
                yield Gone(last, refused, packet)
            last, refused = packet, None
        elif packet.flags & (FIN | RST) and refused is None:
            last = packet
    if last is not None and refused is not None and refused.time - last.time <= soon:
        yield Gone(last, refused, None)


def is_refusal(packet: Packet) -> bool:
    """Whether a packet says that nobody listens at its port.

    A reset that has no place in a connection (RFC 9293, section 3.10.7.1), or ICMP about a datagram.
    """
    return packet.carries == "icmp" or (bool(packet.flags & RST) and packet.seq == 0)


def _by_port(packets: Iterable[Packet]) -> dict[tuple[int, bool], list[Packet]]:
    """Return what was said from each port of a service, over TCP and UDP apart, but where one program has both."""
    found: defaultdict[tuple[int, bool], list[Packet]] = defaultdict(list)
    for packet in packets:
        if 0 < packet.src_port < FIRST_EPHEMERAL:
            found[packet.src_port, packet.carries == "tcp" or packet.src_port in BOTH_WAYS].append(packet)
    return found


def _told(machine: str, name: str, spans: list[Gone], scene: Scene) -> Iterator[Finding | Observation]:
    """Yield a service's ends, those of all its ports together as one."""
    while spans:
        first = spans[0]
        group = [one for one in spans if one.last.time - first.last.time < SOON]
        spans = [one for one in spans if one not in group]
        began = max(one.began for one in group)
        backs = [one.back for one in group if one.back is not None]
        ended = min(back.time for back in backs) if backs else None
        cited = [
            seen(first.last, f"the last sign of {name} on {machine}"),
            seen(first.refused, "its kernel refuses connections: nobody listens"),
            *(seen(back, f"{name} is there again") for back in backs[:1]),
        ]
        if ended is None and scene.captured[first.refused.capture][1] - began < LAST:
            yield Observation(f"{name} ended as the evidence ends", machine, began, began, tuple(cited))
        elif ended is None or ended - began >= LONG:
            yield Finding(Stop((machine,), name), began, ended, tuple(cited), 0.6)
        else:
            yield Finding(Kill((machine,), name), began, None, tuple(cited), 0.6)
