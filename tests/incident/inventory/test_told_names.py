from __future__ import annotations

import pytest

from harness.incident.inventory.told_names import is_somebody, leases, members, own_addresses, own_member, peers, timers

ETCD = (
    '{"level":"info","msg":"starting an etcd server","name":"node01","heartbeat-interval":"100ms",'
    '"election-timeout":"1s","initial-advertise-peer-urls":["http://10.0.0.1:2380"],'
    '"listen-client-urls":["https://127.0.0.1:2379"],"initial-cluster":"n1=http://10.0.0.1:2380,n2=http://10.0.0.2:2380"}'
)


@pytest.mark.parametrize(
    "message, addresses",
    [
        (ETCD, ["10.0.0.1"]),
        ("etcdserver: advertise client URLs = http://10.0.0.1:2379", ["10.0.0.1"]),
        ("recognized and used environment variable ETCD_ADVERTISE_CLIENT_URLS=https://10.0.0.1:2379", ["10.0.0.1"]),
        ("Server listening on 10.0.0.1 port 22.", ["10.0.0.1"]),
        ("Server listening on 0.0.0.0 port 22.", []),
        ("bound to 10.0.0.1 -- renewal in 1600 seconds.", ["10.0.0.1"]),
        ("eth0: DHCPv4 address 10.0.0.1/24 via 10.0.0.254", ["10.0.0.1"]),
        ("[TOTEM ] The network interface [10.0.0.1] is now up.", ["10.0.0.1"]),
        ("         Bind addr: '10.0.0.1:2381'", ["10.0.0.1"]),
        ("dnsmasq-dhcp[1]: 7 sent size:  4 option: 54 server-identifier  10.0.0.1", ["10.0.0.1"]),
        ("read tcp 10.0.0.1:37198->10.0.0.2:2480: i/o timeout", ["10.0.0.1"]),
        ("dial tcp 10.0.0.2:2480: connect: connection refused", []),
        ("embed: advertise client URLs = http://[fd42:7:9:0:0::b]:12379", ["fd42:7:9::b"]),
        ("read tcp [fd42::b]:53854->[fd42::a]:12380: i/o timeout", ["fd42::b"]),
        ("embed: advertise client URLs = http://[fe80::b]:2379", []),
    ],
)
def test_own_addresses(message: str, addresses: list[str]) -> None:
    assert list(own_addresses(message)) == addresses


@pytest.mark.parametrize(
    "message, pairs",
    [
        (ETCD, [("n1", "10.0.0.1"), ("n2", "10.0.0.2")]),
        ("[INFO] serf: EventMemberJoin: node02 10.0.0.2", [("node02", "10.0.0.2")]),
        ("ETCD_LISTEN_PEER_URLS=http://10.0.0.1:2380", []),
    ],
)
def test_members(message: str, pairs: list[tuple[str, str]]) -> None:
    assert list(members(message)) == pairs


def test_identifiers_of_members() -> None:
    added = '"msg":"added member","local-member-id":"af2","added-peer-id":"62","added-peer-peer-urls":["http://10.0.0.2:2380"]'
    assert list(peers(added)) == [("62", "10.0.0.2")]
    assert list(peers("added member 62 [http://[fd42::b]:12380] to cluster ed")) == [("62", "fd42::b")]
    assert own_member(added) == "af2"
    assert own_member("no member") is None


@pytest.mark.parametrize(
    "message, lease",
    [
        ("DHCPACK(eth0) 10.0.0.5 52:54:00:00:01:01 node01", ("10.0.0.5", "52:54:00:00:01:01", "node01")),
        ("DHCPACK on 10.0.0.5 to 52:54:00:00:01:01 (node01) via eth0", ("10.0.0.5", "52:54:00:00:01:01", "node01")),
        ("DHCPACK(eth0) 10.0.0.5 52:54:00:00:01:01 ", ("10.0.0.5", "52:54:00:00:01:01", "")),
    ],
)
def test_leases(message: str, lease: tuple[str, str, str]) -> None:
    assert list(leases(message)) == [lease]


@pytest.mark.parametrize(
    "messages, found",
    [
        ([ETCD], (100, 1000)),
        (["etcdserver: heartbeat = 250ms", "etcdserver: election = 2500ms"], (250, 2500)),
        (["environment variable ETCD_HEARTBEAT_INTERVAL=50", "… ETCD_ELECTION_TIMEOUT=500"], (50, 500)),
        (["nothing"], (None, None)),
    ],
)
def test_timers(messages: list[str], found: tuple[int | None, int | None]) -> None:
    assert timers(messages) == found


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.1", "224.0.0.18", "255.255.255.255", "10.0.0", "10.0.0.256"])
def test_nobody_has_these(address: str) -> None:
    assert not is_somebody(address)
    assert is_somebody("10.0.0.1")
