from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from harness.machines.socket_buffers import ROOM, Room, enlarge
from harness.network.group import dropped

HOLDER = """
import socket, sys
held = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_DGRAM, socket.SOCK_DGRAM, socket.SOCK_STREAM)]
other = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
held[0].bind(("127.0.0.1", 0))
print(held[0].getsockname()[1], flush=True)
for _ in sys.stdin:
    print(*(one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) for one in (*held, *other)), flush=True)
"""

OTHER_USER = 65534


class Holder(NamedTuple):
    """A process with two UDP sockets, a TCP socket and a pair of local ones; the first listens on `port`."""

    process: subprocess.Popen[str]
    port: int

    def sizes(self) -> list[int]:
        """Return the sizes of their receive buffers."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("?\n")
        self.process.stdin.flush()
        return [int(word) for word in self.process.stdout.readline().split()]


@pytest.fixture
def holder() -> Iterator[Holder]:
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Holder(process, int(process.stdout.readline()))
        process.kill()


@pytest.mark.kernel
def test_the_udp_sockets_of_a_process_are_enlarged_and_no_others(holder: Holder) -> None:
    before = holder.sizes()
    assert enlarge(holder.process.pid) == Room(2)
    after = holder.sizes()
    assert after[:2] == [ROOM, ROOM]
    assert after[2:] == before[2:]


@pytest.mark.kernel
def test_a_burst_is_kept_until_it_is_read(holder: Holder) -> None:
    enlarge(holder.process.pid)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for _ in range(5000):
            sender.sendto(bytes(1514), ("127.0.0.1", holder.port))
    assert list(dropped(holder.port).values()) == [0]


def test_a_process_that_is_gone_is_no_reason_to_stop(holder: Holder) -> None:
    holder.process.kill()
    holder.process.wait()
    room = enlarge(holder.process.pid)
    assert room.sockets == 0
    assert "No such process" in room.trouble


@pytest.mark.kernel
def test_who_has_no_right_to_it_says_so(holder: Holder) -> None:
    script = f"""
import os
from harness.machines.socket_buffers import enlarge
os.setresuid({OTHER_USER}, {OTHER_USER}, {OTHER_USER})
print(enlarge({holder.process.pid}))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert "sockets=0" in done.stdout, done.stderr
    assert "Permission denied" in done.stdout or "Operation not permitted" in done.stdout
    assert holder.sizes()[0] != ROOM


@pytest.mark.kernel
def test_a_sandbox_without_rights_over_the_host_gets_what_the_system_allows() -> None:
    script = """
import os, socket
from pathlib import Path
from harness.machines.socket_buffers import ROOM, enlarge
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
before = own.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
room = enlarge(os.getpid())
after = own.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
print(room, before, after)
assert room.sockets
assert after > before
assert (after < ROOM) == ("rmem_max" in room.trouble)
"""
    if subprocess.run(["unshare", "--user", "true"], check=False, capture_output=True).returncode:
        pytest.skip("no user namespaces here (in a chroot there are none)")
    sandbox = ["unshare", "--user", "--map-root-user", "--net", sys.executable, "-c", script]
    done = subprocess.run(sandbox, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
