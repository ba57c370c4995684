"""Messages between a process of the harness and the one that started it: JSON, with file descriptors beside it.

A question has a number, and so has its answer: whoever gave up waiting for one does not take it for the next one's.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
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
    whole = _length.pack(len(data)) + data
    sent = socket.send_fds(channel, [whole], descriptors) if descriptors else 0
    channel.sendall(memoryview(whole)[sent:])


def receive(channel: socket.socket) -> tuple[Any, list[int]]:
    """Return the next message and its descriptors. Raises `EOFError` where the other end is gone.

    Raises `Crowded`, after the message was taken, where this process may not have so many more files open.
    """
    head, descriptors, flags, _ = socket.recv_fds(channel, _length.size, MAX_DESCRIPTORS)
    if not head:
        raise EOFError("the other end of the channel is gone")
    message = Inbox(channel, head).receive()
    if flags & socket.MSG_CTRUNC:
        for descriptor in descriptors:
            os.close(descriptor)
        raise Crowded(message)
    return message, descriptors


class Crowded(OSError):  # noqa: N818 - what this process is
    """The kernel kept descriptors of a message back, for there are too many here (EMFILE)."""

    def __init__(self, message: Any) -> None:  # noqa: ANN401 - JSON
        super().__init__(errno.EMFILE, os.strerror(errno.EMFILE))
        self.message = message


class Inbox:
    """Messages without descriptors, one after another. What has come of one stays where its reader is broken off."""

    def __init__(self, channel: socket.socket, begun: bytes = b"") -> None:
        self._channel = channel
        self._data = bytearray(begun)

    def receive(self) -> Any:  # noqa: ANN401 - JSON
        """Return the next message. Raises `EOFError` where the other end is gone, `OSError` as the socket does."""
        self._fill(_length.size)
        end = _length.size + _length.unpack_from(self._data)[0]
        self._fill(end)
        message = json.loads(self._data[_length.size : end])
        del self._data[:end]
        return message

    def _fill(self, size: int) -> None:
        while len(self._data) < size:
            part = self._channel.recv(size - len(self._data))
            if not part:
                raise EOFError(f"the other end of the channel went after {len(self._data)} bytes of {size}")
            self._data += part


def raise_counter(descriptor: int) -> None:
    """Raise an event counter (eventfd(2)). One that nobody has read for ages is full, and needs no more telling."""
    with contextlib.suppress(BlockingIOError):
        os.eventfd_write(descriptor, 1)
