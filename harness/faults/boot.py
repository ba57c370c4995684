"""Faults of network boots: a boot server that is down, stalled or has no addresses; a corrupt image."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from harness.errors import LabError
from harness.faults.fault import Fault, Injected, Observed, Proof

if TYPE_CHECKING:
    from collections.abc import Callable
    from ipaddress import IPv4Address
    from pathlib import Path

    from harness.faults.fault import Rig
    from harness.provisioning.boot_server import BootServer
    from harness.sandbox.netns import NetworkNamespace

DHCP, TFTP = 67, 69
SERVICES, WEB, FILES = "DHCP and TFTP", "HTTP", "files"
NO_ADDRESS = "no address available"
BITE = 1 << 10
"""Bytes in the middle of an image that are flipped."""


@runtime_checkable
class Boots(Protocol):
    """A lab with a boot server, and room for another one."""

    @property
    def boot_server(self) -> BootServer | None:
        """Its boot server, where it has one."""

    @property
    def evidence(self) -> Path:
        """Where logs are left."""

    def wire_host(self, name: str, place: NetworkNamespace, vlan: str, interface: str, address: IPv4Address) -> None:
        """Put a host of the harness into a VLAN."""

    def unwire_host(self, name: str, vlan: str) -> None:
        """Pull its card out again."""


@dataclass(frozen=True)
class _OfBooting(Fault):
    """A fault of the lab's boot server, of which it holds `parts`."""

    parts: ClassVar[tuple[str, ...]]

    def holds(self, rig: Rig) -> frozenset[str]:
        """Return what of the boot server it changes as a whole."""
        del rig
        return frozenset(f"the boot server's {part}" for part in self.parts)

    def problems(self, rig: Rig) -> list[str]:
        """Return that the lab has no boot server, where it has none."""
        try:
            _server(rig)
        except LabError as error:
            return [str(error)]
        return []


@dataclass(frozen=True)
class BootServerDown(_OfBooting):
    """End the boot server: nobody answers DHCP, TFTP or HTTP. Healing starts it again."""

    word = "boot-server-down"
    parts = (SERVICES, WEB, FILES)

    def inject(self, rig: Rig) -> Injected:
        """End it, and hear who asks in vain."""
        server = _server(rig)
        server.halt()
        return _Silent(server, (DHCP, TFTP), server.go_on)


@dataclass(frozen=True)
class TftpStalled(_OfBooting):
    """Have the boot server take TFTP requests and answer none."""

    word = "tftp-stalled"
    parts = (SERVICES,)

    def inject(self, rig: Rig) -> Injected:
        """Stop serving files, and hear who asks for one in vain."""
        server = _server(rig)
        server.serve(tftp=False)
        return _Silent(server, (TFTP,), server.serve)


@dataclass(frozen=True)
class HttpStalled(_OfBooting):
    """Have the boot server accept HTTP connections and answer nothing; what it was sending stops in the middle."""

    word = "http-stalled"
    parts = (WEB,)

    def inject(self, rig: Rig) -> Injected:
        """Stop it."""
        return _HttpStalled(_server(rig))


@dataclass(frozen=True)
class LeasesExhausted(_OfBooting):
    """Leave the boot server no addresses to give: an empty pool."""

    word = "leases-exhausted"
    parts = (SERVICES,)

    def inject(self, rig: Rig) -> Injected:
        """Take its addresses away."""
        return _Exhausted(_server(rig))


@dataclass(frozen=True)
class ImageCorrupted(_OfBooting):
    """Corrupt a file that machines fetch, in its middle: ``vmlinuz``, ``initrd.img`` or ``root.tar.zst``, say."""

    word = "image-corrupted"
    parts = (FILES,)

    file: str

    def inject(self, rig: Rig) -> Injected:
        """Put a corrupted copy in its place."""
        return _Corrupted(_server(rig), self.file)


class _Silent(Injected):
    """A server that is asked and does not answer."""

    def __init__(self, server: BootServer, ports: tuple[int, ...], restore: Callable[[], None]) -> None:
        self._restore = restore
        self._healed = False
        try:
            self._sink = server.sink(*ports)
        except BaseException:
            restore()
            raise

    def proof(self) -> Proof:
        asked = sum(self._sink.heard().values())
        return Proof(asked > 0, f"{asked} requests were not answered")

    def heal(self) -> None:
        if not self._healed:
            self._sink.close()
            self._restore()
            self._healed = True


class _HttpStalled(Observed):
    def __init__(self, server: BootServer) -> None:
        self._server = server
        server.stall_http()

    def look(self) -> Proof:
        waiting = self._server.waiting_for_http()
        return Proof(waiting > 0, f"{waiting} connections wait for an answer")

    def undo(self) -> None:
        self._server.stall_http(stalled=False)


class _Exhausted(Observed):
    def __init__(self, server: BootServer) -> None:
        self._server = server
        self._start = server.said()
        server.serve(addresses=False)

    def look(self) -> Proof:
        times = self._server.heard_since(self._start).count(NO_ADDRESS)
        return Proof(times > 0, f"the boot server said {times} times that it has {NO_ADDRESS}")

    def undo(self) -> None:
        self._server.serve()


class _Corrupted(Observed):
    def __init__(self, server: BootServer, name: str) -> None:
        self._server, self._name = server, name
        self._place = server.published(name)
        self._kept = self._place.with_name(f".{name}.kept")
        self._before = len(server.requests())
        self._said = server.said()
        corrupted = self._place.with_name(f".{name}.corrupted")
        shutil.copyfile(self._place, corrupted)
        _corrupt(corrupted)
        self._place.rename(self._kept)
        corrupted.rename(self._place)

    def look(self) -> Proof:
        fetched = [one for one in self._server.requests()[self._before :] if one.path == f"/{self._name}" and one.bytes]
        sent = self._server.heard_since(self._said).count(f"sent {self._place} to")
        times = len(fetched) + sent
        return Proof(times > 0, f"the corrupted {self._name} was fetched {times} times")

    def undo(self) -> None:
        self._kept.replace(self._place)


def _server(rig: Rig) -> BootServer:
    """Return the boot server of a lab. Raises `LabError` where it has none."""
    server = rig.boot_server if isinstance(rig, Boots) else None
    if server is None:
        raise LabError(f"the lab {rig.topology.name} has no boot server")
    return server


def _corrupt(path: Path) -> None:
    """Flip the bits of some bytes in the middle of a file."""
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(max(0, size // 2 - BITE // 2))
        start = file.tell()
        bytes_ = file.read(BITE)
        file.seek(start)
        file.write(bytes(byte ^ 0xFF for byte in bytes_))
