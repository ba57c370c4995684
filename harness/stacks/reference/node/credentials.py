"""Whether a machine's certificate, key and authority belong together, found out before anything is started on them."""

from __future__ import annotations

import ssl
from stat import S_IMODE
from typing import TYPE_CHECKING

from .https import trusting
from .waiting import StepError

if TYPE_CHECKING:
    from pathlib import Path

GROUP_AND_OTHERS = 0o077
FLIGHTS = 4
"""A TLS handshake is over after two flights in each direction at most (RFC 8446, section 2; RFC 5246, section 7.3)."""


def check_credentials(folder: Path, node_id: str) -> None:
    """Shake hands with oneself, in memory: the chain, the name, the validity and the key are then known to fit.

    Raises `StepError` that names the file.
    """
    authority, certificate, key = folder / "ca.crt", folder / f"{node_id}.crt", folder / f"{node_id}.key"
    for path in (authority, certificate, key):
        _check_readable(path)
    if mode := S_IMODE(key.stat().st_mode) & GROUP_AND_OTHERS:
        raise StepError(f"{key}: expected mode 0600, but others may read or write it ({mode:03o})")
    _shake_hands(_client(authority), _server(certificate, key), certificate, node_id)


def _check_readable(path: Path) -> None:
    try:
        path.read_bytes()
    except OSError as error:
        raise StepError(f"{path}: {error.strerror}") from error


def _client(authority: Path) -> ssl.SSLContext:
    try:
        return trusting(authority)
    except ssl.SSLError as error:
        raise StepError(f"{authority}: expected a certificate in PEM ({error.reason})") from error


def _server(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise StepError(f"{key}: expected the private key of {certificate} in PEM ({error.reason})") from error
    return context


def _shake_hands(client: ssl.SSLContext, server: ssl.SSLContext, certificate: Path, name: str) -> None:
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    dialling = client.wrap_bio(to_client, to_server, server_hostname=name)
    serving = server.wrap_bio(to_server, to_client, server_side=True)
    for side in (dialling, serving) * FLIGHTS:
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError as error:
            raise StepError(f"{certificate}: {error.verify_message}, as {name} with ca.crt") from error
