from __future__ import annotations

from ipaddress import IPv4Address
from pathlib import Path

from harness.capture import events as ev
from harness.capture.events import Origin
from harness.capture.naming import LONGEST, Names, shown
from harness.topology.loader import load
from tests.capture.build import CLIENT_MAC
from tests.capture.make import Wire

T036 = Path(__file__).parents[2] / "scenarios/topologies/t036.yaml"
NODE01, SERVER = "52:54:00:00:01:01", "192.168.100.1"

names = Names.of(load(T036))


def event(*, by: str = "aa:aa:aa:aa:aa:aa", to: str = "ff:ff:ff:ff:ff:ff", src: str = "", dst: str = "") -> ev.Event:
    return ev.ArpRequest(
        *Origin(5_000_000, "segment", 7, by, to, (), src or by, dst or to),
        IPv4Address("1.2.3.4"),
        IPv4Address("1.2.3.5"),
    )


def test_machines_and_the_boot_server_are_known_by_all_their_addresses() -> None:
    assert names.of_address(NODE01) == names.of_address("192.168.100.11") == "node01"
    assert names.of_address(SERVER) == load(T036).boot_server.name  # type: ignore[union-attr]
    assert names.of_address("10.9.9.9") == "10.9.9.9"


def test_who_said_it_is_told_by_the_ip_address_then_by_the_card() -> None:
    routed = event(by=NODE01, src="192.168.100.12")
    assert (names.sender(routed), names.receiver(routed)) == ("node02", "everyone")
    assert names.sender(event(by=NODE01, src="10.9.9.9")) == "node01"
    assert names.sender(event(src="10.9.9.9")) == "10.9.9.9"
    assert names.receiver(event(dst="255.255.255.255")) == "everyone"
    assert names.sender(event(by=NODE01, src="0.0.0.0")) == "node01"  # noqa: S104 - nobody's address


def test_an_event_is_about_both_ends_and_a_dhcp_client() -> None:
    wire = Wire().dhcp(ev.DhcpOffer, client=NODE01)
    assert "node01" in names.who(wire.events[0])
    assert names.who(event(by=NODE01, dst="192.168.100.12")) == {"node01", "node02"}
    assert names.who(event()) == frozenset()


def test_what_the_harness_did_is_about_the_machines_of_its_links() -> None:
    done = ev.HarnessEvent(*Origin(0, "harness", 3, "", ""), "cut", ("node01/eth0", "node02"), "up", None)
    assert names.who(done) == {"node01", "node02"}
    assert names.tell(done) == "frame 3 on harness: cut node01/eth0, node02 up"


def test_an_event_is_told_on_a_line() -> None:
    said = "on segment: arp-request from node01 to everyone sender=1.2.3.4 target=1.2.3.5"
    assert names.tell(event(by=NODE01)) == f"frame 7 {said}"
    assert names.tell(event(by=NODE01), 0) == f"frame 7 (+5 ms) {said}"
    assert names.tell(event(by=NODE01), 7_000_000) == f"frame 7 (2 ms before) {said}"
    lost = ev.Undecodable(*Origin(0, "segment", 7, NODE01, CLIENT_MAC), "raft", "encrypted")
    assert names.tell(lost) == "frame 7 on segment: raft from node01 can't be read: encrypted"


def test_a_value_is_short_and_on_one_line() -> None:
    assert shown(b"\x01\xff") == "01ff"
    assert shown("a\n b") == "a b"
    assert len(shown("a" * 999)) == LONGEST
