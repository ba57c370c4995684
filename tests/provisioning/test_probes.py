from __future__ import annotations

import socket
import struct
import threading
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.provisioning import probes
from harness.units import milliseconds, seconds
from tests.ports import reserved_port

if TYPE_CHECKING:
    from collections.abc import Iterator

LOOPBACK = IPv4Address("127.0.0.1")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "LIMIT", 20 * seconds)


@pytest.fixture
def tftp(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((str(LOOPBACK), 0))
        monkeypatch.setattr(probes, "TFTP_PORT", server.getsockname()[1])
        yield server


def answer(server: socket.socket, packet: bytes, heard: list[bytes]) -> threading.Thread:
    def serve() -> None:
        request, client = server.recvfrom(1500)
        server.sendto(packet, client)
        heard.extend([request, server.recv(1500)])

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def test_a_first_block_is_an_answer_and_the_transfer_is_given_up(tftp: socket.socket) -> None:
    heard: list[bytes] = []
    serving = answer(tftp, struct.pack("!HH", probes.DATA, 1) + bytes(512), heard)
    assert probes.tftp_answers(LOOPBACK, "ipxe.efi")
    serving.join()
    assert heard[0] == b"\0\1ipxe.efi\0octet\0"
    assert heard[1][:2] == b"\0\5"


def test_an_error_is_no_answer(tftp: socket.socket) -> None:
    serving = answer(tftp, struct.pack("!HH", probes.ERROR, 1) + b"file not found\0", [])
    assert not probes.tftp_answers(LOOPBACK, "ipxe.efi")
    serving.join()


@pytest.mark.usefixtures("tftp")
def test_silence_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes, "LIMIT", 200 * milliseconds)
    assert not probes.tftp_answers(LOOPBACK, "ipxe.efi")


@pytest.mark.parametrize(
    "reply,answers",
    [(OK, True), (OK.replace(b"200 OK", b"404 Not Found"), False), (b"SSH-2.0-x\r\n", False), (b"", False)],
)
def test_only_a_file_is_an_answer_over_http(reply: bytes, answers: bool) -> None:  # noqa: FBT001 - a test's parameter
    with socket.create_server((str(LOOPBACK), 0)) as server:

        def serve() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1500)
                client.sendall(reply)

        thread = threading.Thread(target=serve)
        thread.start()
        assert probes.http_answers(LOOPBACK, server.getsockname()[1], "boot.ipxe") is answers
        thread.join()


def test_nobody_listening_is_no_answer() -> None:
    with reserved_port() as port:
        assert not probes.http_answers(LOOPBACK, port, "boot.ipxe")
