from __future__ import annotations

import hashlib
import os
import signal
import socket
import struct
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.errors import HarnessBug, HostError, LabError
from harness.provisioning.boot_files import BootConfig, Reservation
from harness.provisioning.boot_server import BootServer
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.provisioning import dhcp
from tests.provisioning.segment import SERVER, Segment

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN, STRANGER = "52:54:00:00:01:01", "52:54:00:00:09:09"
FIXED = IPv4Address("192.168.100.11")
SILENCE = 0.7

CONFIG = BootConfig(
    name="pxe",
    interface="pxe0",
    address=SERVER,
    subnet=IPv4Network("192.168.100.0/24"),
    gateway=SERVER,
    reservations=(Reservation("node01", KNOWN, FIXED),),
    kernel_arguments=("console=ttyS0",),
)


@pytest.fixture(scope="module")
def segment() -> Iterator[Segment]:
    segment = Segment()
    yield segment
    segment.close()


@pytest.fixture(scope="module")
def server(segment: Segment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BootServer]:
    folder = tmp_path_factory.mktemp("boot server")
    kernel = folder / "a kernel; with $odd name"
    kernel.write_bytes(os.urandom(3 << 20))
    files: dict[str, Path | bytes] = {"vmlinuz": kernel, "authorized_keys": b"ssh-ed25519 AAAA\n"}
    with BootServer(CONFIG, place=segment.server, folder=folder / "run", files=files) as server:
        yield server


def tftp_read(name: str) -> bytes:
    content, expected = b"", 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(3)
        client.sendto(struct.pack("!H", 1) + name.encode() + b"\0octet\0", (str(SERVER), 69))
        while True:
            packet, peer = client.recvfrom(1 << 16)
            opcode, block = struct.unpack_from("!HH", packet)
            if opcode != 3:
                raise FileNotFoundError(packet[4:].decode())
            if block == expected & 0xFFFF:
                content += packet[4:]
                expected += 1
            client.sendto(struct.pack("!HH", 4, block), peer)
            if len(packet) < 4 + 512:
                return content


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize(
    "options,file",
    [
        (dhcp.firmware(7), "ipxe.efi"),
        (dhcp.firmware(9), "ipxe.efi"),
        (dhcp.firmware(0), "undionly.kpxe"),
        (dhcp.ipxe(7), "http://192.168.100.1/boot.ipxe"),
        (dhcp.ipxe(0), "http://192.168.100.1/boot.ipxe"),
        (dhcp.firmware(11), ""),  # 64-bit ARM: nothing here that it could run
        ({}, ""),
    ],
)
def test_a_known_card_is_offered_its_address_and_what_it_can_boot(
    segment: Segment, options: dict[int, bytes], file: str
) -> None:
    offer = segment.ask(KNOWN, options)
    assert offer is not None
    assert (offer.kind, offer.address, offer.file) == (dhcp.OFFER, FIXED, file)
    assert offer.options[dhcp.ROUTER] == SERVER.packed
    assert offer.options[dhcp.SERVER] == SERVER.packed
    assert int.from_bytes(offer.options[dhcp.LEASE], "big") == 3600
    if file:
        assert offer.next_server == SERVER


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
def test_a_request_is_acknowledged(segment: Segment) -> None:
    options = {**dhcp.ipxe(7), dhcp.ADDRESS: FIXED.packed, dhcp.SERVER: SERVER.packed}
    reply = segment.ask(KNOWN, options, kind=dhcp.REQUEST)
    assert reply is not None
    assert (reply.kind, reply.address, reply.file) == (dhcp.ACK, FIXED, "http://192.168.100.1/boot.ipxe")


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("kind", [dhcp.DISCOVER, dhcp.REQUEST])
def test_a_stranger_hears_nothing(segment: Segment, kind: int) -> None:
    options = {**dhcp.firmware(7), dhcp.ADDRESS: IPv4Address("192.168.100.77").packed}
    assert segment.ask(STRANGER, options, kind=kind, patience=SILENCE) is None


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["ipxe.efi", "undionly.kpxe"])
def test_tftp_serves_debians_ipxe(segment: Segment, name: str) -> None:
    assert segment.client.run(lambda: tftp_read(name)) == Path("/usr/lib/ipxe", name).read_bytes()


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("name", ["../dnsmasq.conf", "nothing", "/etc/passwd"])
def test_tftp_serves_nothing_else(segment: Segment, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        segment.client.run(lambda: tftp_read(name))


@pytest.mark.kernel
def test_http_serves_what_was_given_and_notes_it(segment: Segment, server: BootServer) -> None:
    kernel = next(server.folder.parent.glob("a kernel*")).read_bytes()
    assert hashlib.sha256(segment.get("vmlinuz")).digest() == hashlib.sha256(kernel).digest()
    assert segment.get("authorized_keys") == b"ssh-ed25519 AAAA\n"
    assert segment.get("boot.ipxe").startswith(b"#!ipxe\n")
    noted = wait_until(
        "the request in the log",
        lambda: [one for one in server.requests() if (one.path, one.client) == ("/vmlinuz", "192.168.100.200")],
        within=3 * seconds,
    )
    assert (noted[0].status, noted[0].bytes, noted[0].complete) == (200, len(kernel), True)


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
@pytest.mark.parametrize("path", ["nothing", "../dnsmasq.conf", "%2e%2e/leases", ""])
def test_http_serves_nothing_else(segment: Segment, path: str) -> None:
    assert segment.fetch(path)[0] in {400, 403, 404}


@pytest.mark.kernel
def test_a_file_can_be_published_and_replaced_while_it_runs(segment: Segment, server: BootServer) -> None:
    assert server.publish("late", b"one") == "http://192.168.100.1/late"
    assert segment.get("late") == b"one"
    server.publish("late", b"two")
    assert segment.get("late") == b"two"


@pytest.mark.kernel
def test_what_was_published_is_served_after_a_halt_as_it_was(segment: Segment, server: BootServer) -> None:
    server.publish("authorized_keys", b"of another lab")
    server.publish("late", b"one")
    server.halt()
    server.go_on()
    assert segment.get("authorized_keys") == b"of another lab"
    assert segment.get("late") == b"one"


@pytest.mark.kernel
@pytest.mark.usefixtures("server")
def test_nothing_listens_but_dhcp_tftp_and_http(segment: Segment) -> None:
    def ports(kind: str, state: str) -> set[int]:
        lines = Path(f"/proc/thread-self/net/{kind}").read_text().splitlines()[1:]
        return {int(line.split()[1].split(":")[1], 16) for line in lines if line.split()[3] == state}

    assert segment.server.run(lambda: ports("tcp", "0A")) == {80}
    assert segment.server.run(lambda: ports("udp", "07")) == {67, 69}


@pytest.mark.kernel
def test_a_server_that_died_tells_its_last_words_and_the_other_is_ended(tmp_path: Path) -> None:
    segment = Segment()
    server = BootServer(CONFIG, place=segment.server, folder=tmp_path / "run", files={})
    server.start()
    dnsmasq, nginx = server._dnsmasq._process, server._nginx._process
    assert dnsmasq is not None
    assert nginx is not None
    server.check()
    dnsmasq.send_signal(signal.SIGKILL)
    dnsmasq.wait()
    with pytest.raises(LabError, match="dnsmasq ended on its own with status -9") as caught:
        server.check()
    assert any("started" in line for line in caught.value.console)
    with pytest.raises(LabError, match="dnsmasq ended on its own"):
        server.stop()
    assert nginx.poll() is not None
    server.stop()
    segment.close()


@pytest.mark.kernel
def test_an_interface_that_is_missing_fails_the_start_and_leaves_nothing(tmp_path: Path) -> None:
    with NetworkNamespace.create() as bare:
        server = BootServer(CONFIG, place=bare, folder=tmp_path, files={})
        with pytest.raises(LabError, match=r"192\.168\.100\.1|pxe0"):
            server.start()
        assert server._dnsmasq._process is None
        assert server._nginx._process is None


@pytest.mark.kernel
def test_a_folder_is_used_again(tmp_path: Path) -> None:
    segment = Segment()
    for content in (b"one", b"two"):
        with BootServer(CONFIG, place=segment.server, folder=tmp_path, files={"file": content}):
            assert segment.get("file") == content
    segment.close()


class Nowhere:
    """A place in which nothing may be started."""

    def popen(self, *_: object, **__: object) -> None:
        raise AssertionError("nothing may be started")

    run = popen


def test_a_missing_file_is_found_before_anything_starts(tmp_path: Path) -> None:
    files: dict[str, Path | bytes] = {"initrd.img": tmp_path / "none"}
    server = BootServer(CONFIG, place=Nowhere(), folder=tmp_path / "run", files=files)  # type: ignore[arg-type]
    with pytest.raises(HostError, match=r"none that machines boot"):
        server.start()


def test_a_missing_program_names_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("harness.sandbox.host.SYSTEM_PATH", "")
    with pytest.raises(HostError, match="dnsmasq: apt-get install dnsmasq-base"):
        BootServer(CONFIG, place=Nowhere(), folder=tmp_path, files={})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a/b", "../x", "", "."])
def test_a_name_with_a_path_is_not_served(tmp_path: Path, name: str) -> None:
    server = BootServer(CONFIG, place=Nowhere(), folder=tmp_path, files={})  # type: ignore[arg-type]
    with pytest.raises(HarnessBug, match="plain name"):
        server.publish(name, b"")


def test_a_path_that_is_no_text_is_noted_all_the_same(segment: Segment, server: BootServer) -> None:
    def ask() -> bytes:
        with socket.create_connection((str(SERVER), 80), timeout=5) as client:
            client.sendall(b"GET /\xff\xfe HTTP/1.0\r\n\r\n")
            with client.makefile("rb") as answer:
                return answer.read()

    assert b"404" in segment.client.run(ask).partition(b"\r\n")[0]
    wait_until("its note", lambda: any(one.path.startswith("/\ufffd") for one in server.requests()), within=5 * seconds)
