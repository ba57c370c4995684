"""IAM on HTTPS: a thread for each connection, and a silent one is dropped."""

from __future__ import annotations

import json
import socketserver
import ssl
import sys
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .config import Address, BadConfigError
from .etcd import Etcd
from .first_boot import LOCAL, Machine, Paths
from .https import LastingEndpoint
from .iam_service import Reply, Request, Service
from .iam_store import Store
from .waiting import say

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

HEALTH = "/health"
LARGEST_BODY = 64 << 10
IDLE = 10.0
"""How long a connection may stay silent, in seconds."""
DATABASE_TIMEOUT = 8.0
"""How long FlareDB may take, in seconds: etcd itself gives up a request after 5 s and two election timeouts."""


class Server(ThreadingHTTPServer):
    """Listens on all addresses of the machine; the TLS handshake is done by each connection's own thread."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext, service: Service) -> None:
        super().__init__(address, Handler)
        self.context = context
        self.service = service

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection without waiting for its handshake."""
        connection, address = super().get_request()
        connection.settimeout(IDLE)
        wrapped = self.context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        return wrapped, address

    def server_bind(self) -> None:
        """Bind, without asking a name server who we are, as `http.server` would."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "iam", int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - socketserver's interface
        """Say in a line what went wrong with a connection; a client that goes away or speaks no TLS is no news."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            say(f"{client_address[0]}: {type(error).__name__}: {error}")


class Handler(BaseHTTPRequestHandler):
    """Reads requests off a connection and writes the replies."""

    server: Server
    protocol_version = "HTTP/1.1"
    timeout = IDLE
    server_version = "iam"
    sys_version = ""

    def do_GET(self) -> None:
        """Serve a request, of whatever method."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > LARGEST_BODY or "Transfer-Encoding" in self.headers:
            self.close_connection = True
            error = {"error": f"expected a body of at most {LARGEST_BODY} bytes with its Content-Length"}
            self._send(Reply(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, error))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        path = self.path.partition("?")[0]
        self._send(self.server.service.answer(Request(self.command, path, headers, self.rfile.read(int(length)))))

    do_POST = do_GET  # noqa: N815 - http.server's names, here and below
    do_PUT = do_GET  # noqa: N815
    do_PATCH = do_GET  # noqa: N815
    do_DELETE = do_GET  # noqa: N815

    def _send(self, reply: Reply) -> None:
        body = b"" if reply.fields is None else json.dumps(reply.fields).encode() + b"\n"
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.fields is not None:
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Write a line for each request, but for looks that find us healthy: they would wake the journal."""
        if (self.path, code) != (HEALTH, HTTPStatus.OK):
            super().log_request(code, size)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name for it
        """Write one line to the journal; headers and bodies, which hold secrets, are never in it."""
        say(f"{self.address_string()} {format % args}")


def serve(paths: Paths) -> None:
    """Serve until the process is ended. Raises `BadConfigError` and `OSError`."""
    machine = Machine.read(paths)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = paths.secrets / f"{machine.config.node_id}.crt"
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    one = machine.endpoint(Address(LOCAL, machine.settings.flaredb_port))
    flaredb = Etcd(LastingEndpoint(one.host, one.port, one.trust), timeout=DATABASE_TIMEOUT)
    with Server(("", machine.settings.iam_port), context, Service(Store(flaredb), flaredb.health)) as server:
        say(f"iam serves on port {machine.settings.iam_port}, with its state in {flaredb.endpoint}")
        server.serve_forever()


def main(arguments: Sequence[str]) -> int:
    """Serve, and return exit status 1 where that can't be begun. An argument is the root of the machine's files."""
    root = Path(arguments[0] if arguments else "/")
    try:
        serve(Paths.below(root))
    except (BadConfigError, OSError) as error:
        say(f"harness: failed: iam: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
