from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Address

import pytest

from harness.incident.replay.datagram import Way
from harness.incident.replay.seat import Seat
from harness.incident.replay.tcp_client import Connection
from harness.units import seconds
from tests.incident.replay import frames
from tests.provisioning.segment import SERVER, Segment

pytestmark = pytest.mark.kernel

SITTING = IPv4Address("192.168.100.77")


@contextmanager
def connection(speak: Callable[[socket.socket], None] | None) -> Iterator[Connection]:
    """A connection to port 80, on which somebody speaks once it is accepted; where nobody does, it is refused."""
    segment = Segment()
    listener = segment.server.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM))
    if speak is not None:
        listener.bind((str(SERVER), 80))
        listener.listen()

    def serve() -> None:
        peer, _ = listener.accept()
        with peer:
            assert speak is not None
            speak(peer)

    thread = threading.Thread(target=serve)
    with listener, Seat(segment.client, "eth0") as seat:
        if speak is not None:
            thread.start()
        seat.sit(SITTING, frames.MAC)
        mac = seat.find(SERVER, SITTING, frames.MAC, 3 * seconds)
        assert mac is not None
        yield Connection(seat, Way(frames.MAC, mac, SITTING, 5000, SERVER, 80), 2 * seconds)
        if speak is not None:
            thread.join()
    segment.close()


def test_what_is_answered_comes_whole_and_in_order() -> None:
    content = bytes(range(256)) * 200

    def speak(peer: socket.socket) -> None:
        assert peer.recv(100) == b"question"
        peer.sendall(content)

    with connection(speak) as one:
        assert one.ask(b"question", lambda data: len(data) >= len(content)) == content


def test_no_more_is_waited_for_than_is_enough() -> None:
    def speak(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(b"enough")
        with pytest.raises(ConnectionResetError):
            peer.recv(100)

    with connection(speak) as one:
        assert one.ask(b"question", lambda data: data == b"enough") == b"enough"


def test_a_server_that_ends_has_said_all() -> None:
    def speak(peer: socket.socket) -> None:
        peer.recv(100)
        peer.sendall(b"that is all")

    with connection(speak) as one:
        assert one.ask(b"question", lambda _: False) == b"that is all"


def test_a_refused_connection_is_no_answer() -> None:
    with connection(None) as one:
        assert one.ask(b"question", lambda _: True) is None


def test_a_silent_server_is_no_answer_in_time() -> None:
    silent = threading.Event()

    def speak(peer: socket.socket) -> None:
        peer.recv(100)
        silent.wait(5)

    with connection(speak) as one:
        one._deadline -= 2 - 0.5
        assert one.ask(b"question", lambda _: True) is None
        silent.set()
