"""The steps of a network boot, as UEFI firmware and as a network card's iPXE ROM take them."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from harness.capture.events import (
    DhcpAck,
    DhcpDiscover,
    DhcpEvent,
    DhcpInform,
    DhcpOffer,
    DhcpRequest,
    HttpComplete,
    HttpEvent,
    HttpRequest,
    HttpResponse,
    TftpComplete,
    TftpEvent,
    TftpRequest,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from harness.capture.events import Event

UEFI_ARCHITECTURES = {6, 7, 9, 11}
"""Client architectures of UEFI firmware on x86 and ARM (RFC 4578, section 2.1, and IANA's registry)."""

OK = 200

BIOS_NOTE = "the network card's ROM is iPXE, so there is no stage of firmware PXE and TFTP in this chain"


@dataclass(frozen=True)
class BootFiles:
    """The names of what is loaded, without folders; the kernel's and the initrd's are patterns of which one fits."""

    program: str = "ipxe.efi"
    script: str = "boot.ipxe"
    kernel: tuple[str, ...] = ("*kernel*", "*vmlinuz*", "*bzImage*")
    initrd: tuple[str, ...] = ("*initrd*", "*initramfs*")


@dataclass(frozen=True)
class Wanted:
    """A step to look for: its name, what it is in words, the kind of its event, and whether an event is it."""

    name: str
    expected: str
    kind: type[Event]
    fits: Callable[[Event], bool]


def uefi_steps(mine: Sequence[Event], mac: str, files: BootFiles) -> list[Wanted]:
    """Return the chain of UEFI firmware: its own PXE, the boot program over TFTP, then what iPXE does."""
    return [
        *_firmware(mine, mac, files),
        _tftp("tftp-request", f"a TFTP request for {files.program}", TftpRequest, mac, files),
        _tftp("tftp-complete", f"the last block of {files.program} acknowledged", TftpComplete, mac, files),
        *bios_steps(mine, mac, files),
    ]


def bios_steps(mine: Sequence[Event], mac: str, files: BootFiles) -> list[Wanted]:
    """Return what iPXE does, wherever it comes from: DHCP, script, kernel, initrd; then the installer's own DHCP."""
    return [
        *_ipxe(mine, mac, files),
        *_download("script", (files.script,), mac),
        *_download("kernel", files.kernel, mac),
        *_download("initrd", files.initrd, mac),
        *_installer(mine, mac),
    ]


def _firmware(mine: Sequence[Event], mac: str, files: BootFiles) -> list[Wanted]:
    def from_firmware(event: DhcpEvent) -> bool:
        return event.from_pxe and not event.from_ipxe and bool(UEFI_ARCHITECTURES & set(event.architectures))

    def offers_program(event: DhcpEvent) -> bool:
        server = event.next_server or event.server_name
        return bool(server) and _basename(event.boot_file) == files.program

    stage = _Stage("firmware", mine, mac, from_firmware)
    return [
        stage.client(
            "discover", "a DHCP discover by the firmware: PXEClient, a UEFI architecture, not iPXE", DhcpDiscover
        ),
        stage.server("offer", f"an offer of {files.program} and its server", DhcpOffer, offers_program),
        stage.client("request", "a DHCP request by the firmware", DhcpRequest),
        stage.server("ack", "a DHCP acknowledgement to the firmware", DhcpAck),
    ]


def _ipxe(mine: Sequence[Event], mac: str, files: BootFiles) -> list[Wanted]:
    def offers_script(event: DhcpEvent) -> bool:
        return event.boot_file.startswith("http://") and _basename(event.boot_file) == files.script

    stage = _Stage("ipxe", mine, mac, lambda event: event.from_ipxe)
    return [
        stage.client("discover", "a DHCP discover with user class iPXE", DhcpDiscover),
        stage.server("offer", f"an offer of an HTTP address of {files.script}", DhcpOffer, offers_script),
        stage.client("request", "a DHCP request with user class iPXE", DhcpRequest),
        stage.server("ack", "a DHCP acknowledgement to iPXE", DhcpAck),
    ]


def _installer(mine: Sequence[Event], mac: str) -> list[Wanted]:
    stage = _Stage("installer", mine, mac, lambda event: not event.from_pxe and not event.from_ipxe)
    return [
        stage.client("request", "a DHCP request by the installer's system, with no sign of PXE or iPXE", DhcpRequest),
        stage.server("ack", "a DHCP acknowledgement to the installer's system", DhcpAck),
    ]


class _Stage:
    """DHCP by one of the programs that run on a machine one after another.

    Only what a client sends says which program it is; a server's answer belongs to it by the transaction.
    """

    def __init__(self, name: str, mine: Sequence[Event], mac: str, is_it: Callable[[DhcpEvent], bool]) -> None:
        self._name = name
        self._mac = mac
        self._is_it = is_it
        clients = (DhcpDiscover, DhcpRequest, DhcpInform)
        self._transactions = {event.transaction for event in mine if isinstance(event, clients) and is_it(event)}

    def client(self, name: str, expected: str, kind: type[DhcpEvent]) -> Wanted:
        def fits(event: Event) -> bool:
            return isinstance(event, kind) and event.client == self._mac and self._is_it(event)

        return Wanted(f"{self._name}-{name}", expected, kind, fits)

    def server(
        self, name: str, expected: str, kind: type[DhcpEvent], says: Callable[[DhcpEvent], bool] = bool
    ) -> Wanted:
        def fits(event: Event) -> bool:
            return (
                isinstance(event, kind)
                and event.client == self._mac
                and event.transaction in self._transactions
                and says(event)
            )

        return Wanted(f"{self._name}-{name}", expected, kind, fits)


def _tftp(name: str, expected: str, kind: type[TftpEvent], mac: str, files: BootFiles) -> Wanted:
    def fits(event: Event) -> bool:
        return isinstance(event, kind) and event.sent_by == mac and _basename(event.file) == files.program

    return Wanted(name, expected, kind, fits)


def _download(name: str, patterns: tuple[str, ...], mac: str) -> list[Wanted]:
    """Return the steps of a file that is loaded over HTTP: asked for, answered with 200, and sent whole."""

    def named(event: HttpEvent) -> bool:
        base = _basename(urlsplit(event.target).path)
        return event.method == "GET" and any(fnmatchcase(base, pattern) for pattern in patterns)

    def asked(event: Event) -> bool:
        return isinstance(event, HttpRequest) and event.sent_by == mac and named(event)

    def answered(event: Event) -> bool:
        return isinstance(event, HttpResponse) and event.sent_to == mac and named(event) and event.status == OK

    def complete(event: Event) -> bool:
        return isinstance(event, HttpComplete) and event.sent_to == mac and named(event) and event.whole

    what = " or ".join(patterns)
    return [
        Wanted(f"{name}-request", f"an HTTP GET of {what}", HttpRequest, asked),
        Wanted(f"{name}-response", f"status 200 for {what}", HttpResponse, answered),
        Wanted(f"{name}-complete", f"all of {what}", HttpComplete, complete),
    ]


def _basename(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2]
