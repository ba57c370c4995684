from __future__ import annotations

import socket
from pathlib import Path

import pytest

from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def name_of_mine() -> str:
    return str(Path("/proc/thread-self/ns/net").readlink())


def test_functions_run_inside_and_the_caller_stays_outside() -> None:
    outside = name_of_mine()
    with NetworkNamespace.create() as namespace:
        inside = namespace.run(name_of_mine)
        assert inside != outside
        assert namespace.run(name_of_mine) == inside
    assert name_of_mine() == outside


def test_what_a_function_raises_is_raised() -> None:
    with NetworkNamespace.create() as namespace, pytest.raises(ZeroDivisionError):
        namespace.run(lambda: 1 / 0)


def test_a_socket_stays_where_it_was_opened() -> None:
    with NetworkNamespace.create() as first, NetworkNamespace.create() as second:
        one = first.run(lambda: socket.create_server(("127.0.0.1", 4711)))
        other = second.run(lambda: socket.create_server(("127.0.0.1", 4711)))  # the same port: another namespace
        with one, other, first.run(lambda: socket.create_connection(("127.0.0.1", 4711), timeout=2)):
            one.settimeout(2)
            one.accept()[0].close()


def test_programs_run_inside() -> None:
    with NetworkNamespace.create() as namespace:
        process = namespace.popen(["readlink", "/proc/self/ns/net"], stdout=-1)
        out, _ = process.communicate(timeout=5)
        assert out.decode().strip() == namespace.run(name_of_mine)


def test_multicast_leads_to_loopback() -> None:
    with NetworkNamespace.create() as namespace:

        def route() -> str:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.connect(("230.0.0.1", 1234))
                return str(probe.getsockname()[0])

        assert namespace.run(route) == "127.0.0.1"


def test_closing_twice_is_harmless() -> None:
    namespace = NetworkNamespace.create()
    namespace.close()
    namespace.close()
    with pytest.raises(OSError, match="setns"):
        namespace.run(name_of_mine)
