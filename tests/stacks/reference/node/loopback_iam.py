"""IAM on loopback, with FlareDB in memory."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING

from harness.provisioning.certificates import Authority
from harness.stacks.reference.node.https import Answer, Endpoint, trusting
from harness.stacks.reference.node.iam_server import Server
from harness.stacks.reference.node.iam_service import Service
from harness.stacks.reference.node.iam_store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.stacks.reference.node.memory import Memory


@contextmanager
def serving_iam(folder: Path, database: Memory) -> Iterator[Endpoint]:
    """Serve an IAM whose administrator's password is ``password``."""
    authority = Authority.create("ca")
    certificate = authority.issue(["localhost"], ["127.0.0.1"])
    (folder / "iam.pem").write_bytes(certificate.cert_pem + certificate.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "iam.pem")
    store = Store(database)
    store.create_principal("admin", "password")
    with Server(("127.0.0.1", 0), context, Service(store, lambda: Answer(200, b""))) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Endpoint("127.0.0.1", int(server.server_address[1]), trusting(ca_pem=authority.ca_pem.decode()))
        server.shutdown()
        thread.join()
