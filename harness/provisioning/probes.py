"""Asking a boot server, as a machine would, whether it answers. One look each; waiting is the caller's."""

from __future__ import annotations

import http.client
import socket
import struct
from pathlib import Path
from typing import TYPE_CHECKING

from harness.units import seconds

if TYPE_CHECKING:
    from ipaddress import IPv4Address

TFTP_PORT = 69
READ_REQUEST, DATA, ERROR = 1, 3, 5
"""Opcodes of RFC 1350, section 5."""

CONNECTIONS = Path("/proc/thread-self/net/tcp")
LISTENS = "0A"

LIMIT = 1 * seconds


def tftp_answers(address: IPv4Address, name: str) -> bool:
    """Return whether a TFTP server (RFC 1350) begins to send a file; the transfer is given up after its first block."""
    request = struct.pack("!H", READ_REQUEST) + name.encode() + b"\0octet\0"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(LIMIT.total_seconds())
        try:
            client.sendto(request, (str(address), TFTP_PORT))
            answer, server = client.recvfrom(1 << 16)
            client.sendto(struct.pack("!HH", ERROR, 0) + b"only looking\0", server)
        except OSError:
            return False
    return answer[:2] == struct.pack("!H", DATA)


def http_answers(address: IPv4Address, port: int, name: str) -> bool:
    """Return whether an HTTP server has a file to give."""
    connection = http.client.HTTPConnection(str(address), port, timeout=LIMIT.total_seconds())
    try:
        connection.request("GET", f"/{name}")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def unread(port: int) -> int:
    """Return how many connections to a local port wait: those that nobody has accepted, or whose words nobody has read.

    They are those of the calling thread's network namespace (proc(5), ``/proc/net/tcp``).
    """
    count = 0
    for line in CONNECTIONS.read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if int(local.rpartition(":")[2], 16) == port:
            waiting = int(queues.rpartition(":")[2], 16)
            count += waiting if state == LISTENS else int(waiting > 0)
    return count
