"""An authenticated SSH connection: the peer shows the one host key that it may show, and takes the one key of ours."""

from __future__ import annotations

import io
import logging
import socket
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko

from harness.units import seconds

if TYPE_CHECKING:
    from harness.machines.keys import KeyPair
    from harness.sandbox.waiting import Patience

CONNECT_LIMIT = 3 * seconds
"""A SYN that nobody hears is resent after 1, 3, 7, … s: a new try sees a machine that has just come up sooner."""

HANDSHAKE_LIMIT = 15 * seconds

LOG = "harness.ssh"
logging.getLogger(LOG).addHandler(logging.NullHandler())


class Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    """The peer answered, and another try would get the same answer."""


@dataclass(frozen=True)
class Target:
    """Who is to be reached, as which user, by which key of ours; `host_key` is as in `SshSession.connect`."""

    address: str
    port: int
    username: str
    key: KeyPair
    host_key: str


def connect(target: Target, patience: Patience, *, left: float) -> paramiko.Transport:
    """Try once to connect, for `left` seconds at most, and for no longer than a step takes on a host of that patience.

    Raises `Refused`, and where another try may help `OSError`, `EOFError` or `paramiko.SSHException`.
    """
    limit = min(left, patience.stretch(HANDSHAKE_LIMIT).total_seconds())
    timeout = min(left, patience.stretch(CONNECT_LIMIT).total_seconds())
    transport = paramiko.Transport(socket.create_connection((target.address, target.port), timeout=timeout))
    transport.set_log_channel(LOG)
    transport.banner_timeout = transport.handshake_timeout = limit
    try:
        _check_host(transport, target.host_key, limit)
        _authenticate(transport, target, limit)
    except BaseException:
        transport.close()
        raise
    return transport


def _check_host(transport: paramiko.Transport, host_key: str, limit: float) -> None:
    kind, expected = host_key.split()[:2]
    transport.get_security_options().key_types = (kind,)
    try:
        transport.start_client(timeout=limit)
    except paramiko.ssh_exception.IncompatiblePeer as error:
        raise Refused(f"the machine has no {kind} host key that we could check ({error})") from error
    shown = transport.get_remote_server_key().get_base64()
    if shown != expected:
        raise Refused(f"host key mismatch: the machine shows {kind} {shown}, expected {kind} {expected}")


def _authenticate(transport: paramiko.Transport, target: Target, limit: float) -> None:
    answered = threading.Event()
    key = paramiko.Ed25519Key.from_private_key(io.StringIO(target.key.private))
    transport.auth_publickey(target.username, key, answered)
    if not answered.wait(limit):
        msg = f"no answer to our key in {limit:.0f} s"
        raise TimeoutError(msg)
    if transport.is_authenticated():
        return
    if transport.is_active():
        raise Refused(f"authentication failed: {target.username} may not log in with the key {target.key.public}")
    msg = "the connection was closed during authentication"
    raise ConnectionError(msg)
