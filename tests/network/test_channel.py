from __future__ import annotations

import os
import resource
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.network import channel


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


def test_what_has_come_of_a_message_stays_where_its_reader_is_broken_off(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    inbox = channel.Inbox(ends[1])
    ends[1].settimeout(0.05)
    data = b'\0\0\0\x09{"is": 1}\0\0\0\x09{"is": 2}'
    for cut in (2, 5, 11):
        ends[0].sendall(data[:cut])
        with pytest.raises(TimeoutError):
            inbox.receive()
        ends[0].sendall(data[cut:])
        assert [inbox.receive(), inbox.receive()] == [{"is": 1}, {"is": 2}]


def test_descriptors_beyond_the_limit_are_told_and_none_of_them_stays(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    reader, writer = os.pipe()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    before = sorted(Path("/proc/self/fd").iterdir())
    channel.send(ends[0], {"do": "plug"}, [writer] * 20)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(channel.Crowded) as crowded:
            channel.receive(ends[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert crowded.value.message == {"do": "plug"}
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    for descriptor in (reader, writer):
        os.close(descriptor)


@pytest.mark.parametrize("said", [b"", b"\0", b"\0\0\0\x05{}"])
def test_an_end_that_goes_is_noticed_at_any_point(ends: tuple[socket.socket, socket.socket], said: bytes) -> None:
    ends[0].sendall(said)
    ends[0].shutdown(socket.SHUT_WR)
    with pytest.raises(EOFError, match="the other end of the channel"):
        channel.receive(ends[1])


def test_a_counter_that_nobody_reads_is_no_hindrance() -> None:
    counter = os.eventfd(0, os.EFD_NONBLOCK)
    os.eventfd_write(counter, 2**64 - 2)
    channel.raise_counter(counter)
    os.close(counter)
