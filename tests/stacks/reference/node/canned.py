"""An HTTPS server on loopback that gives prepared answers, each on a connection of its own."""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from harness.provisioning.certificates import Authority
from harness.stacks.reference.node.https import Endpoint, trusting

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOTHING = b""
"""Take the request, and close the connection without an answer."""


def reply(status: int, body: bytes, *more: str) -> bytes:
    """Return an answer's bytes."""
    head = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", "Connection: close", *more]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


class Canned:
    """What the server was asked, and where it listens."""

    def __init__(self, folder: Path, answers: list[bytes | None], names: list[str]) -> None:
        authority = Authority.create("canned")
        certificate = authority.issue(names, [] if names else ["127.0.0.1"])
        pem = folder / "server.pem"
        pem.write_bytes(certificate.cert_pem + certificate.key_pem)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._held: list[ssl.SSLSocket] = []
        self.port: int = self._socket.getsockname()[1]
        self.trust = trusting(ca_pem=authority.ca_pem.decode())
        self.requests: list[bytes] = []
        self.thread = Thread(target=self._serve, daemon=True)

    @property
    def endpoint(self) -> Endpoint:
        return Endpoint("127.0.0.1", self.port, self.trust)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            # Only this wakes whoever accepts on it.
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self.thread.join(timeout=5)
        for held in self._held:
            held.close()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                self._answer(answer)
            except OSError:
                continue

    def _answer(self, answer: bytes | None) -> None:
        connection, _ = self._socket.accept()
        with connection:
            tls = self._context.wrap_socket(connection, server_side=True)
            self.requests.append(_whole_request(tls))
            if answer is None:
                self._held.append(tls)
                return
            tls.sendall(answer)
            tls.close()


def _whole_request(connection: ssl.SSLSocket) -> bytes:
    request = b""
    while b"\r\n\r\n" not in request:
        request += connection.recv(1 << 16)
    head, _, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", head)
    while len(body) < int(length[1] if length else 0):
        body += connection.recv(1 << 16)
    return head + b"\r\n\r\n" + body


@contextmanager
def serving(folder: Path, *answers: bytes | None, names: list[str] | None = None) -> Iterator[Canned]:
    """Serve these answers, one for each connection; None never answers. `names` are another certificate's."""
    server = Canned(folder, list(answers), names or [])
    server.thread.start()
    try:
        yield server
    finally:
        server.close()
