"""A route netlink socket of one namespace: many messages in one system call, each acknowledged (netlink(7)).

pyroute2's sockets belong to the thread that opened them, and so to its namespace; this one serves all threads. Nor
does it know all attributes that a bridge needs (isolated ports, netem's 64-bit times), so messages are encoded here.
"""

from __future__ import annotations

import fcntl
import os
import socket
import struct
import threading
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from harness.sandbox.netns import NetworkNamespace

NLM_F_REQUEST, NLM_F_ACK, NLM_F_ECHO = 0x1, 0x4, 0x8
NLM_F_EXCL, NLM_F_CREATE, NLM_F_REPLACE = 0x200, 0x400, 0x100
NLM_F_DUMP = 0x300
NLM_F_ACK_TLVS = 0x200
CREATE = NLM_F_CREATE | NLM_F_EXCL
REPLACE = NLM_F_CREATE | NLM_F_REPLACE

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLMSGERR_ATTR_MSG = 1
SOL_NETLINK, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 10, 11
SIOCGIFINDEX = 0x8933

AT_ONCE = 64
"""Messages that are sent together: their acknowledgements have to fit into the socket's buffer."""

LONGEST = 1 << 18
NUMBER = 0x3FFF
"""The bits of an attribute's type that are its number."""

_header = struct.Struct("=IHHII")
_attribute = struct.Struct("=HH")


class Message(NamedTuple):
    """A request: its type, its flags beyond request and acknowledgement, its body, and what it does, for errors."""

    kind: int
    flags: int
    body: bytes
    what: str


class Netlink:
    """The socket. It stays in its namespace, whichever thread uses it. Close it, or use it as a context manager."""

    def __init__(self, place: NetworkNamespace) -> None:
        self._socket = place.run(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE))
        for option in (NETLINK_CAP_ACK, NETLINK_EXT_ACK):
            self._socket.setsockopt(SOL_NETLINK, option, 1)
        self._sequence = 0
        self._lock = threading.Lock()

    def tell(self, messages: Sequence[Message]) -> None:
        """Send messages and wait until the kernel has carried out all of them.

        Raises `OSError` for the first that it refused, saying which; those behind it were carried out or refused, too.
        """
        refused: list[OSError] = []
        with self._lock:
            for start in range(0, len(messages), AT_ONCE):
                refused += self._tell(messages[start : start + AT_ONCE])
        if refused:
            raise refused[0]

    def ask(self, message: Message) -> list[bytes]:
        """Send a request for a dump (`NLM_F_DUMP`) or for one object; return the bodies of the answers."""
        answers: list[bytes] = []
        with self._lock:
            self._send([message])
            waiting = True
            while waiting:
                for kind, _, body in self._receive():
                    if kind in (NLMSG_ERROR, NLMSG_DONE):
                        _check(body, message.what)
                        waiting = False
                    else:
                        answers.append(body)
        return answers

    def index(self, device: str) -> int:
        """Return the index of a device in the namespace. Raises `OSError` where there is none."""
        answer = fcntl.ioctl(self._socket, SIOCGIFINDEX, struct.pack("16s24x", device.encode()))
        return int(struct.unpack_from("=i", answer, 16)[0])

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _tell(self, messages: Sequence[Message]) -> list[OSError]:
        first = self._send(messages)
        refused = []
        answered = 0
        while answered < len(messages):
            for kind, sequence, body in self._receive():
                if kind == NLMSG_ERROR:
                    answered += 1
                    try:
                        _check(body, messages[sequence - first].what)
                    except OSError as error:
                        refused.append(error)
        return refused

    def _send(self, messages: Sequence[Message]) -> int:
        first = self._sequence + 1
        self._sequence += len(messages)
        self._socket.send(
            b"".join(
                _header.pack(_header.size + len(body), kind, NLM_F_REQUEST | NLM_F_ACK | flags, number, 0) + body
                for number, (kind, flags, body, _) in enumerate(messages, first)
            )
        )
        return first

    def _receive(self) -> Iterator[tuple[int, int, bytes]]:
        data = self._socket.recv(LONGEST)
        at = 0
        while at < len(data):
            length, kind, flags, sequence, _ = _header.unpack_from(data, at)
            body = data[at + _header.size : at + length]
            yield kind, sequence, struct.pack("=H", flags) + body if kind == NLMSG_ERROR else body
            at += length + 3 & ~3


def attribute(kind: int, *values: bytes) -> bytes:
    """Return one attribute in its encoding; several values are those nested in it."""
    value = b"".join(values)
    return _attribute.pack(_attribute.size + len(value), kind) + value + bytes(-len(value) & 3)


def attributes(data: bytes, start: int = 0) -> dict[int, bytes]:
    """Return the attributes that stand in a body from `start` on, by their number; of several with one, the last."""
    found = {}
    while start + _attribute.size <= len(data):
        length, kind = _attribute.unpack_from(data, start)
        if length < _attribute.size:
            break
        found[kind & NUMBER] = data[start + _attribute.size : start + length]
        start += length + 3 & ~3
    return found


def _check(body: bytes, what: str) -> None:
    """Raise what an acknowledgement says, in the kernel's own words where it has some."""
    if len(body) < 6:  # noqa: PLR2004 - the flags and an error number; NLMSG_DONE carries less
        return
    flags, number = struct.unpack_from("=Hi", body)
    if number >= 0:
        return
    words = ""
    if flags & NLM_F_ACK_TLVS:
        said = attributes(body, 2 + 4 + _header.size).get(NLMSGERR_ATTR_MSG, b"")
        words = said.rstrip(b"\0").decode(errors="replace")
    raise OSError(-number, f"{what}: {words or os.strerror(-number)}")


def u8(value: int) -> bytes:
    """Return the value of an attribute of 8 bits."""
    return struct.pack("=B", value)


def u16(value: int) -> bytes:
    """Return the value of an attribute of 16 bits."""
    return struct.pack("=H", value)


def u32(value: int) -> bytes:
    """Return the value of an attribute of 32 bits."""
    return struct.pack("=I", value)


def text(value: str) -> bytes:
    """Return the value of an attribute that is a name."""
    return value.encode() + b"\0"
