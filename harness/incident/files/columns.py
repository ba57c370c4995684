"""Many packets in little room: some 50 octets for each, from which it is made again when somebody looks at it."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypeAlias, overload

from harness.incident.packet import Packet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Flow: TypeAlias = tuple[str, str, str, str, tuple[int, ...], str, str, str]
    """What many packets share: capture, link, MAC addresses, tags, addresses, what is carried."""

FLOWS, SRC_PORT, DST_PORT = 2, 3, 4
OF_COLUMNS = "qIIHHBIIIQIIH"
"""The columns: time, frame, flow, both ports, flags, sequence, acknowledgement, payload, identity, timestamp, twice,
number."""


class PacketColumns(Sequence[Packet]):
    """A sequence of packets that can be appended to. A slice of it is a list."""

    def __init__(self) -> None:
        self._columns = tuple(array(code) for code in OF_COLUMNS)
        self._number_of: dict[Flow, int] = {}
        self._flow_of: list[Flow] = []

    def append(self, packet: Packet) -> None:
        """Add a packet behind the others."""
        time, capture, link, frame, src_mac, dst_mac, vlans, src, dst, carries, *said = packet
        number = self._flow((capture, link, src_mac, dst_mac, vlans, src, dst, carries))
        for column, value in zip(self._columns, (time, frame, number, *said), strict=True):
            column.append(value)

    def __len__(self) -> int:
        return len(self._columns[0])

    @overload
    def __getitem__(self, index: int) -> Packet: ...
    @overload
    def __getitem__(self, index: slice) -> list[Packet]: ...
    def __getitem__(self, index: int | slice) -> Packet | list[Packet]:
        if isinstance(index, slice):
            return list(map(self._made, zip(*(column[index] for column in self._columns), strict=True)))
        return self._made(tuple(column[index] for column in self._columns))

    def __iter__(self) -> Iterator[Packet]:
        return map(self._made, zip(*self._columns, strict=True))

    def flows(self) -> Iterator[tuple[Flow, int]]:
        """Yield what packets share, each with the number of its packets."""
        counts = Counter(self._columns[FLOWS])
        yield from ((self._flow_of[number], count) for number, count in sorted(counts.items()))

    def addresses(self) -> set[str]:
        """Return all addresses that packets go from and to."""
        return {address for flow in self._flow_of for address in flow[5:7]}

    def among_themselves(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield what is carried, the address and both ports of each packet that goes from an address to itself."""
        own = {number: (flow[7], flow[5]) for number, flow in enumerate(self._flow_of) if flow[5] == flow[6]}
        if own:
            for number, src_port, dst_port in zip(
                self._columns[FLOWS], self._columns[SRC_PORT], self._columns[DST_PORT], strict=True
            ):
                if number in own:
                    yield *own[number], src_port, dst_port

    def ends(self) -> Iterator[tuple[str, int, int, int, str]]:
        """Yield of each packet its source, both ports, the flags, and what it carries: less than all, and sooner."""
        flow_of = [(flow[5], flow[7]) for flow in self._flow_of]
        _, _, flows, src_ports, dst_ports, flags, *_ = self._columns
        for number, src_port, dst_port, flag in zip(flows, src_ports, dst_ports, flags, strict=True):
            src, carries = flow_of[number]
            if src_port:
                yield src, src_port, dst_port, flag, carries

    def rehome(self, ends: Mapping[tuple[str, int], tuple[str, int]]) -> None:
        """Put other ends, each an address and a port, in place of those that packets were captured with."""
        old = {address for address, _ in ends}
        flows, src_ports, dst_ports = self._columns[FLOWS], self._columns[SRC_PORT], self._columns[DST_PORT]
        concerned = {number for number, flow in enumerate(self._flow_of) if not old.isdisjoint(flow[5:7])}
        for at, number in enumerate(flows):
            if number in concerned:
                capture, link, src_mac, dst_mac, vlans, src, dst, carries = self._flow_of[number]
                src, src_ports[at] = ends.get((src, src_ports[at]), (src, src_ports[at]))
                dst, dst_ports[at] = ends.get((dst, dst_ports[at]), (dst, dst_ports[at]))
                flows[at] = self._flow((capture, link, src_mac, dst_mac, vlans, src, dst, carries))

    def _flow(self, flow: Flow) -> int:
        """Return the number of what packets share."""
        number = self._number_of.get(flow)
        if number is None:
            number = self._number_of[flow] = len(self._flow_of)
            self._flow_of.append(flow)
        return number

    def _made(self, row: tuple[int, ...]) -> Packet:
        time, frame, number, *said = row
        capture, link, *ends = self._flow_of[number]
        return Packet(time, capture, link, frame, *ends, *said)  # type: ignore[arg-type] # a row of these columns

    def put_in_order(self, clocks: Mapping[str, Callable[[int], int]]) -> None:
        """Put each capture's packets on another clock, then all in the order of time, as they were within one time."""
        clock_of = [clocks.get(flow[0], int) for flow in self._flow_of]
        times, _, flows, *_ = self._columns
        for at, (time, number) in enumerate(zip(times, flows, strict=True)):
            times[at] = clock_of[number](time)
        order = sorted(range(len(times)), key=times.__getitem__)
        self._columns = tuple(array(one.typecode, map(one.__getitem__, order)) for one in self._columns)
