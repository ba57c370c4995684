"""The wire of a real switch, with namespace machines on it, in a pytest of its own: what a scenario sees."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

TOPOLOGIES = Path(__file__).parents[2] / "scenarios/topologies"

pytestmark = pytest.mark.kernel

SCENARIO = '''
import sys, threading, time
import pytest
from harness.capture.events import ArpReply, ArpRequest, DhcpAck, DhcpDiscover, DhcpOffer, HarnessEvent
from harness.capture.notes import Note
from harness.capture.patterns import Like
from harness.errors import Inconclusive, LabError
from harness.units import milliseconds, seconds

pytestmark = pytest.mark.lab("three-sites", machines="any")

NODE01, NODE02 = "52:54:00:00:00:01", "52:54:00:00:00:02"

ASK = """
import socket, sys
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
    card.bind(("eth0", 0))
    card.send(bytes.fromhex(sys.argv[1]))
"""

def arp(mac, target):
    own = bytes.fromhex(mac.replace(":", ""))
    body = "0001080006040001" + own.hex() + "0a006432" + "000000000000" + bytes(map(int, target.split("."))).hex()
    return "ffffffffffff" + own.hex() + "0806" + body

def discover(mac):
    from scapy.layers.dhcp import BOOTP, DHCP
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    ask = Ether(src=mac, dst="ff:ff:ff:ff:ff:ff") / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)
    own = bytes.fromhex(mac.replace(":", ""))
    options = DHCP(options=[("message-type", "discover"), "end"])
    return bytes(ask / BOOTP(chaddr=own, xid=1, flags=0x8000) / options).hex()

@pytest.fixture(scope="module")
def machines(lab):
    lab.switch_on("node01", "node02")
    return lab.machines

def send(machine, frame):
    assert machine.run([sys.executable, "-c", ASK, frame], within=20 * seconds).status == 0
'''


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("topologies")
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder)
    return pytester


def run(suite: pytest.Pytester, body: str) -> pytest.RunResult:
    suite.makepyfile(SCENARIO + body)
    return suite.runpytest_subprocess("-ra")


def capture(suite: pytest.Pytester, name: str) -> Path:
    (found,) = suite.path.glob(f"evidence/2*/*/{name}")
    return found


def test_what_machines_say_is_expected_in_order_and_never(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_an_answer_is_seen_within_milliseconds(wire, machines):
    send(machines["node01"], arp(NODE01, "10.0.100.51"))
    order = wire.in_order(Like(ArpRequest, sent_by=NODE01), Like(ArpReply, sent_by=NODE02), within=10 * seconds)
    assert [event.link for event in order.found] == ["provisioning"] * 2
    assert wire.who(order.found[1]) == {"node01", "node02"}

def test_a_lease_is_offered_by_the_boot_server_alone(wire, machines):
    send(machines["node01"], discover(NODE01))
    offer = wire.on("provisioning").expect(DhcpOffer, client=NODE01, within=20 * seconds)
    assert "pxe" in wire.who(offer)
    wire.on("cluster-a").never(DhcpOffer)
    wire.about("node02").never(DhcpOffer, during=50 * milliseconds)

def test_what_an_earlier_scenario_caused_does_not_count(wire):
    wire.never(DhcpOffer)
    assert len(wire.dhcp.offers()) >= 1

def test_a_cut_link_says_nothing_and_the_cut_is_on_the_timeline(lab, wire, machines):
    at_card = lab.wire("node02/eth0")
    lab.links("node02/eth0").cut(directions=["down"])
    send(machines["node01"], arp(NODE01, "10.0.100.51"))
    wire.expect(ArpRequest, sent_by=NODE01, within=10 * seconds)
    at_card.never(ArpRequest)
    lab.links("node02/eth0").restore()
    send(machines["node01"], arp(NODE01, "10.0.100.51"))
    at_card.in_order(Like(HarnessEvent, what="cut"), Like(HarnessEvent, what="restore"), ArpReply, within=10 * seconds)

def test_a_fault_is_on_the_timeline_with_its_healing(lab, wire, machines):
    with lab.faults.cut("node02/eth0"):
        send(machines["node01"], arp(NODE01, "10.0.100.51"))
        wire.expect(HarnessEvent, what="fault injected", details="cut node02/eth0", within=5 * seconds)
    (healed,) = wire.harness.done("fault healed")
    assert healed.details.startswith("cut node02/eth0; ")

def test_some_links_are_captured_alone_with_what_was_done(lab, machines, tmp_path):
    from harness.capture.files.reader import frames
    count = lab.capture(tmp_path / "some.pcapng", "node02", "a--b")
    kept = list(frames(tmp_path / "some.pcapng"))
    assert len(kept) == count
    links = {frame.link for frame in kept}
    assert {"node02/eth0", "harness"} <= links <= {"node02/eth0", "node02/eth1", "a--b", "harness"}
    assert lab.capture(tmp_path / "all.pcapng") > count
    with pytest.raises(LabError, match="node99"):
        lab.capture(tmp_path / "none.pcapng", "node99")

def test_silence_is_seen(wire, machines):
    send(machines["node01"], arp(NODE01, "10.0.100.51"))
    assert wire.stops(Like(ArpRequest, sent_by=NODE01), within=5 * seconds, quiet=300 * milliseconds) is not None
    wire.stays_gone(Like(ArpRequest, sent_by=NODE01), span=200 * milliseconds)
    machines["node02"].cut()
    wire.expect(HarnessEvent, what="power off", within=5 * seconds)
    machines["node02"].on()
""",
    )
    result.assert_outcomes(passed=7)


def test_a_failure_says_who_did_what_instead_and_leaves_the_frames(suite: pytest.Pytester) -> None:
    result = run(
        suite,
        """
def test_it(lab, wire, machines):
    lab.links("node02/eth0").cut(directions=["up"])
    send(machines["node01"], arp(NODE01, "10.0.100.51"))
    wire.expect(ArpReply, sent_by=NODE02, within=300 * milliseconds)

def test_it_is_open_where_frames_are_missing(lab, wire):
    lab.network.note(Note("lost", (), "7 frames passed that this capture does not have", time.time_ns()))
    wire.never(ArpReply)
""",
    )
    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            "E*expected ArpReply(sent_by='52:54:00:00:00:02') within 300 ms; it did not come",
            "E*frame * (+* on provisioning: arp-request from node01 to everyone sender=10.0.100.50 target=10.0.100.5*",
            "E*the nearest: its kind is arp-request",
            "E*seen meanwhile: *arp-request (frame*",
            "E*done meanwhile: frame * (+*) on harness: cut node02/eth0 up",
            "E*capture: */switch.pcapng",
            "E*cut-out: */cut-outs/1-arp-request.pcapng",
            "nobody can say whether this holds: never ArpReply",
            "*7 frames passed that this capture does not have",
        ]
    )
    assert "harness/wire" not in result.stdout.str(), "our own frames of the stack are hidden"
    if shutil.which("tshark") is None:
        return
    columns = ["-T", "fields", "-e", "frame.interface_name", "-e", "frame.comment"]
    command = ["tshark", "-r", str(capture(suite, "cut-outs/1-arp-request.pcapng")), "-Y", "frame.comment", *columns]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    assert "harness\tharness: cut node02/eth0: up\n" in shown
    assert re.search(r"node01/eth0\tframe \d+: expected ArpReply\(.*\) within 300 ms: the nearest", shown)
