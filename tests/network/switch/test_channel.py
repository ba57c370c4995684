from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator

import pytest

from harness.network.switch import channel


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with one, other:
        yield one, other


def test_a_message_takes_descriptors_along(ends: tuple[socket.socket, socket.socket]) -> None:
    reader, writer = os.pipe()
    channel.send(ends[0], {"do": "plug"}, [writer])
    message, (passed,) = channel.receive(ends[1])
    assert message == {"do": "plug"}
    os.write(passed, b"through")
    assert os.read(reader, 10) == b"through"
    for descriptor in (reader, writer, passed):
        os.close(descriptor)


def test_a_message_larger_than_the_socket_holds(ends: tuple[socket.socket, socket.socket]) -> None:
    large = {"ports": ["x" * 1000] * 2000}
    thread = threading.Thread(target=channel.send, args=(ends[0], large))
    thread.start()
    assert channel.receive(ends[1]) == (large, [])
    thread.join()


@pytest.mark.parametrize("said", [b"", b"\0", b"\0\0\0\x05{}"])
def test_an_end_that_goes_is_noticed_at_any_point(ends: tuple[socket.socket, socket.socket], said: bytes) -> None:
    ends[0].sendall(said)
    ends[0].shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError, match="the other end of the channel"):
        channel.receive(ends[1])
