"""Messages between the switch's process and the one that started it: JSON, with file descriptors beside it."""

from __future__ import annotations

import json
import socket
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_length = struct.Struct("!I")
MAX_DESCRIPTORS = 250
"""The kernel passes 253 with one message (SCM_MAX_FD)."""


def send(channel: socket.socket, message: object, descriptors: Sequence[int] = ()) -> None:
    """Send a message over a Unix stream socket. Raises `OSError` as the socket does."""
    data = json.dumps(message).encode()
    head = _length.pack(len(data))
    if descriptors:
        socket.send_fds(channel, [head], descriptors)
    else:
        channel.sendall(head)
    channel.sendall(data)


def receive(channel: socket.socket) -> tuple[Any, list[int]]:
    """Return the next message and its descriptors. Raises `EOFError` where the other end is gone."""
    head, descriptors, _, _ = socket.recv_fds(channel, _length.size, MAX_DESCRIPTORS)
    if not head:
        raise EOFError("the other end of the channel is gone")
    head += _exactly(channel, _length.size - len(head))
    return json.loads(_exactly(channel, _length.unpack(head)[0])), descriptors


def _exactly(channel: socket.socket, length: int) -> bytes:
    data = bytearray()
    while len(data) < length:
        part = channel.recv(length - len(data))
        if not part:
            raise EOFError(f"the other end of the channel went after {len(data)} bytes of {length}")
        data += part
    return bytes(data)
