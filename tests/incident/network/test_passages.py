from __future__ import annotations

from dataclasses import replace

from harness.incident.network.passages import passages, services
from harness.incident.network.vantages import vantages
from tests.incident.talk import Talk, topology

TWO = topology("node01", "node02", "node03")


def test_services_are_named_by_the_port_that_many_come_to() -> None:
    packet = Talk(TWO, ("node01",), lasts=10).record().packets[0]
    flows = [(40000, 9000), (9000, 40000), (200, 9000), (300, 9000), (5405, 5405)]
    told = services([packet._replace(carries="udp", src_port=one, dst_port=other) for one, other in flows])
    assert {told["udp", *flow] for flow in flows[:4]} == {"udp:9000"}
    assert told["udp", 5405, 5405] == "udp:5405"


def test_who_is_no_machine_goes_by_the_address_and_what_is_for_all_is_for_whom_it_was_seen_at() -> None:
    record = Talk(TWO, ("node01",), lasts=100, outsiders={"client": "10.9.9.9"}).record()
    first = record.packets[0]
    everyone = first._replace(
        src_mac="52:54:00:00:00:02", dst_mac="ff:ff:ff:ff:ff:ff", src="52:54:00:00:00:02", dst="ff:ff:ff:ff:ff:ff",
        carries="arp", src_port=0, dst_port=0,
    )  # fmt: skip
    record = replace(record, packets=[*record.packets, everyone])
    seen = passages(record, vantages(record))
    assert {one.way.service for one in seen} == {"tcp:2380", "tcp:2480", "tcp:2379", "udp:7946", "arp"}
    assert {end for one in seen for end in one.way.pair} == {"node01", "node02", "node03", "10.9.9.9"}
    assert seen[-1].way.pair == ("node02", "node01")
    between_others = first._replace(src="10.9.9.8", dst="10.9.9.7")
    assert len(passages(replace(record, packets=[*record.packets, between_others]), vantages(record))) == len(seen)
