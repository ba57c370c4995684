"""The switch as a reader of IEEE 802.1Q would write it down: slow, plain, without anything remembered but stations."""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.network.ports import Access, Trunk

TPID = 0x8100


@dataclass
class Reference:
    ports: dict[int, Access | Trunk]
    ageing: float = 300.0
    heard: dict[tuple[int, bytes], tuple[int, float]] = field(default_factory=dict)

    def forward(self, port: int, frame: bytes, now: float) -> list[tuple[int, bytes]]:
        if not 14 <= len(frame) <= 9022:
            return []
        destination, source, rest = frame[:6], frame[6:12], frame[12:]
        vlan, priority = 0, 0
        if int.from_bytes(rest[:2], "big") == TPID:
            if len(rest) < 6 or int.from_bytes(rest[4:6], "big") == TPID:
                return []
            control = int.from_bytes(rest[2:4], "big")
            vlan, priority, rest = control % 4096, control // 4096, rest[4:]
        mode = self.ports[port]
        if vlan == 0:
            if mode.native is None:
                return []
            vlan = mode.native
        if not self._carries(mode, vlan) or source[0] % 2 or not any(source):
            return []
        if destination[:5] == b"\x01\x80\xc2\x00\x00" and destination[5] < 16:
            return []
        self.heard[vlan, source] = port, now
        where = self._where(vlan, destination, now)
        leaving = []
        for other, its in self.ports.items():
            if other != port and self._carries(its, vlan) and where in {None, other}:
                tag = b"\x81\x00" + (priority * 4096 + vlan).to_bytes(2, "big") if vlan != its.native else b""
                leaving.append((other, destination + source + tag + rest))
        return leaving

    def _where(self, vlan: int, station: bytes, now: float) -> int | None:
        port, seen = self.heard.get((vlan, station), (None, 0.0))
        return None if station[0] % 2 or now - seen > self.ageing else port

    @staticmethod
    def _carries(mode: Access | Trunk, vlan: int) -> bool:
        return vlan == mode.native or vlan in mode.tagged
