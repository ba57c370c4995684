from __future__ import annotations

import socket
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.network.group import dropped, open_receiver, open_sender
from harness.sandbox.netns import NetworkNamespace
from harness.topology.scalars import MulticastEndpoint

UDP_TABLE = """\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 5123: 010000E6:04D2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 000000003 17
 5124: 010000E6:04D2 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 000000003 0
 6000: 0100007F:8235 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 000000003 99
"""


def test_drops_are_read_from_the_kernel_s_table(tmp_path: Path) -> None:
    table = tmp_path / "udp"
    table.write_text(UDP_TABLE)
    assert dropped(1234, table) == {4711: 17, 4712: 0}
    assert dropped(1, table) == {}


@pytest.mark.kernel
def test_everybody_in_the_group_hears_but_the_sender() -> None:
    group = MulticastEndpoint(IPv4Address("230.0.0.1"), 1234)
    with NetworkNamespace.create() as namespace:
        sender = namespace.run(open_sender)
        port = sender.getsockname()[1]
        own = namespace.run(lambda: open_receiver(group, except_port=port))
        other = namespace.run(lambda: open_receiver(group, except_port=1))
        with sender, own, other:
            sender.sendto(b"frame", ("230.0.0.1", 1234))
            other.settimeout(5)
            assert other.recv(100) == b"frame"
            with pytest.raises(BlockingIOError):
                own.recv(100)


@pytest.mark.kernel
def test_two_may_listen_on_one_group() -> None:
    group = MulticastEndpoint(IPv4Address("230.0.0.1"), 1234)
    with NetworkNamespace.create() as namespace:
        sockets = [namespace.run(lambda: open_receiver(group, except_port=1)) for _ in range(2)]
        assert {each.family for each in sockets} == {socket.AF_INET}
        for each in sockets:
            each.close()
