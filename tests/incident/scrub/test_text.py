from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address

import pytest

from tests.incident.scrub.tools import text


@pytest.mark.parametrize(
    "line,secret",
    [
        ("Authorization: Bearer abcdef.ghijkl", "abcdef"),
        ('curl -H "Authorization: Basic dXNlcjpwYXNz"', "dXNlcjpwYXNz"),
        ("login with password=hunter2, then more", "hunter2"),
        ('{"api_key": "s3cr3t-value", "x": 1}', "s3cr3t-value"),
        ("etcd --auth-token 0xdeadbeef9", "0xdeadbeef9"),
        ("fetch https://joe:pa55@files.example.com/x", "pa55"),
        ("-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\nIIx9\n-----END EC PRIVATE KEY-----", "MHcCAQEE"),
        ("-----BEGIN CERTIFICATE-----\nMIIBcut", "MIIBcut"),
        ("key ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH joe@desk", "joe@desk"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abc-DEF_1", "eyJhbGci"),
        ("write to alice@acme.example.com failed", "alice"),
        ("session opened for user alice(uid=1000)", "alice"),
        ("open /home/alice/x: no such file", "alice"),
        ("Failed password for invalid user bob from 10.0.0.1", "bob"),
        ("DMI: Dell Inc. PowerEdge R640, Service Tag: 7XK9QZ2", "7XK9QZ2"),
        ("usb 1-1: SerialNumber: AA00000000000489", "AA00000000000489"),
        ("ATA INTEL SSDSC2KB96 serial number BTYF949400QX", "BTYF949400QX"),
        ('{"Serial": "CN-0W23H8-74261"}', "0W23H8"),
        ("key fingerprint MD5:aa:bb:cc:dd:ee:ff:00:11:22:33:44:55:66:77:88:99", "dd:ee:ff:00"),
    ],
)
def test_secrets_and_people_go(line: str, secret: str) -> None:
    found = text().free(line)
    assert secret not in found
    assert len(found) == len(line) or "10.0.0.1" in line


def test_what_failures_are_inferred_from_stays() -> None:
    for line in (
        "etcd.service: Main process exited, code=killed, status=9/KILL",
        '{"caller":"raft/raft.go:706","msg":"raft.node: lost leader at term 6"}',
        "Time has been changed",
        "recognized and used environment variable ETCD_INITIAL_ADVERTISE_PEER_URLS=x",
        "systemd[1]: Started chainfire-gossip.service - gossip.",
        "printk: console [ttyS0] enabled, serial console on ttyS0",
        "00:01: ttyS0 at I/O 0x3f8 (irq = 4, base_baud = 115200) is a 16550A",
        "clocksource: timekeeping watchdog on CPU0: Marking clocksource 'tsc' as unstable",
    ):
        assert text().free(line) == line


def test_addresses_in_text_are_those_in_frames() -> None:
    means = text()
    line = "from 10.1.2.3:2380 (52:54:00:aa:bb:cc, 52-54-00-AA-BB-CC) and fd00:1::7, 10.1.2.0/24."
    found = means.free(line)
    assert means.addresses.mac(bytes.fromhex("525400aabbcc")).hex(":") in found
    assert means.addresses.mac(bytes.fromhex("525400aabbcc")).hex("-") in found
    one = ".".join(map(str, means.addresses.v4(bytes((10, 1, 2, 3)))))
    assert f"from {one}:2380" in found
    assert found.endswith(f"{one[:-1]}0/24.")
    assert not re.search(r"10\.1\.2\.|fd00:1::7", found)


@pytest.mark.parametrize("line", ["at 12:34:56.789", "3.4.23", "999.1.1.1", "1.2.3.4.5", "a::b::c", "pid 12:34"])
def test_what_only_looks_like_an_address_stays(line: str) -> None:
    assert text().located(line) == line


def test_names_and_hosts_are_replaced_and_so_are_identifiers() -> None:
    means = text("acme01")
    found = means.free("peer acme01 at www.acme.com is 8e9e05c52164694d, boot 9384f8ed-bc99-43e0-9d49-7c1bad4abc1d")
    assert not {"acme01", "acme", "8e9e05c52164694d"} & set(re.findall(r"\w+", found))
    assert re.search(r"is [0-9a-f]{16}, boot [0-9a-f]{8}-[0-9a-f]{4}-", found)
    assert means.identifier("8E9E-05") == means.identifier("8e9e05")[:4] + "-" + means.identifier("8e9e05")[4:]


def test_counts_tell_how_much_was_blanked() -> None:
    means = text()
    assert means.blank("abc") == "xxx"
    assert means.counts["secrets"] == 1
    assert len(means.noise(b"x", 5)) == 5
    assert means.noise(b"", 0) == b""


def test_of_a_known_text_only_known_words_are_left() -> None:
    assert text().known("PXEClient:Arch:00007:UNDI:003016") == "PXEClient:Arch:00007:UNDI:003016"
    assert "acme" not in text().known("ACME router 7").lower()


@pytest.mark.parametrize(
    "form", ["pxelinux.cfg/01-{0}", "boot/{1}", "boot/{2}.ipxe", "http://{3}/boot", "http://[{4}]/boot"]
)
def test_addresses_in_the_paths_of_files_are_those_in_frames(form: str) -> None:
    means = text()
    mac, v4, v6 = bytes.fromhex("525400aabbcc"), IPv4Address("10.1.2.3"), IPv6Address("fd00:1::7")
    card, four, six = means.addresses.mac(mac), means.addresses.v4(v4.packed), means.addresses.v6(v6.packed)
    others = card.hex("-"), card.hex(":"), card.hex(), IPv4Address(four), IPv6Address(six)
    assert means.known(form.format(mac.hex("-"), mac.hex(":"), mac.hex(), v4, v6)) == form.format(*others)


def test_mac_addresses_are_known_in_every_writing() -> None:
    means = text()
    other = means.addresses.mac(bytes.fromhex("525400123456")).hex()
    found = means.free("pxelinux.cfg/01-52-54-00-12-34-56, 525400123456, 5254.0012.3456, 999900001111")
    dashes = "-".join(other[at : at + 2] for at in range(0, 12, 2))
    assert found == f"pxelinux.cfg/01-{dashes}, {other}, {other[:4]}.{other[4:8]}.{other[8:]}, 999900001111"


def test_addresses_within_names_are_replaced() -> None:
    means = text("ip-10-7-8-9")
    assert means.free("ip-10-7-8-9") == means.names.label("ip-10-7-8-9")
    assert means.free("node-10-7-8-9 on 2026-11-21-07") != "node-10-7-8-9 on 2026-11-21-07"
    assert means.free("on 2026-11-21 999-1-1-1") == "on 2026-11-21 999-1-1-1"


@pytest.mark.parametrize("line", ["{} lost", "https://{}:2379/x", "on {}.", "({})"])
def test_a_host_is_the_same_wherever_it_stands(line: str) -> None:
    means = text("acme01.plasma.local")
    other = f"{means.names.label('acme01')}.{means.names.label('plasma')}.local"
    assert means.free(line.format("acme01.plasma.local")) == line.format(other)
    elsewhere = f"{means.names.label('acme01')}.{means.names.label('elsewhere')}.org"
    assert means.free(line.format("acme01.elsewhere.org")) == line.format(elsewhere)
