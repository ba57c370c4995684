"""Who hears whom on PhotonCloud's VLANs: across racks, over trunks, with forged tags; and who gets a boot server.

What a machine hears is read where its cable ends. That it did not hear a frame is said only after it heard a later one.
"""

from __future__ import annotations

import itertools
from functools import cached_property
from typing import TYPE_CHECKING

import pytest
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether

from harness.capture.events import DhcpOffer
from harness.capture.views import vlan_of
from harness.namespace_lab import NamespaceLab
from harness.network import plan
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from harness.virtual_lab import VirtualLab

if TYPE_CHECKING:
    from harness.lab import Lab

pytestmark = [pytest.mark.lab("photoncloud", machines="any"), pytest.mark.smoke]

SPEAKER = "node01"
LISTENERS = ["node02", "node04", "node07"]
"""One in the speaker's rack, one in each of the others."""

INTERFACES = {"provisioning": "eth0", "cluster": "eth1.200", "client": "eth1.300", "storage": "eth2"}
"""The interface of every machine in each VLAN: ``eth1`` is a trunk."""

BROADCAST, MULTICAST, UNKNOWN = "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb", "52:54:00:00:99:99"
EXPERIMENT = b"\x88\xb5"
"""The EtherType for local experiments (IEEE 802, clause 9.2.3): no system sends it by itself."""

SEND = """
import socket, sys
for said in sys.argv[1:]:
    interface, _, frame = said.partition("=")
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as card:
        card.bind((interface, 0))
        card.send(bytes.fromhex(frame))
"""

on_every_vlan = pytest.mark.parametrize("vlan", INTERFACES)
to_whom = pytest.mark.parametrize("to", [BROADCAST, MULTICAST, UNKNOWN], ids=["broadcast", "multicast", "unknown"])


@pytest.fixture(scope="module")
def floor(lab: Lab) -> Floor:
    """Switch machines on; guests are booted from the network and installed first."""
    if isinstance(lab, NamespaceLab):
        lab.switch_on(SPEAKER, *LISTENERS)
    elif isinstance(lab, VirtualLab):
        lab.install(SPEAKER, *LISTENERS)
    return Floor(lab)


class Floor:
    """Machines that say words, each once, and who has heard them."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.ids = plan.vlan_ids(lab.topology)
        self._words = (f"word {number:06}".encode() for number in itertools.count())

    def card(self, machine: str, vlan: str) -> str:
        """Return the name of the cable by which a machine is in a VLAN."""
        return f"{machine}/{INTERFACES[vlan].partition('.')[0]}"

    @cached_property
    def _macs(self) -> dict[str, str]:
        machines = self.lab.topology.machines
        return {f"{machine.name}/{nic.name}": nic.mac for machine in machines for nic in machine.nics}

    def mac(self, machine: str, vlan: str) -> str:
        """Return the address of a machine's card in a VLAN."""
        return self._macs[self.card(machine, vlan)]

    def send(self, machine: str, *said: tuple[str, bytes]) -> None:
        """Send frames from a machine's interfaces, each with the VLAN whose interface it leaves by."""
        words = [f"{INTERFACES[vlan]}={frame.hex()}" for vlan, frame in said]
        done = self.lab.machines[machine].run(["python3", "-c", SEND, *words], within=20 * seconds)
        assert done.status == 0, done.stderr

    def frame(self, machine: str, vlan: str, to: str = BROADCAST, *, tags: tuple[int, ...] = ()) -> tuple[bytes, bytes]:
        """Return a new word and the frame that says it, from a machine's card in a VLAN, with tags if there are any."""
        word = next(self._words)
        forged = b"".join(b"\x81\x00" + tag.to_bytes(2) for tag in tags)
        addresses = bytes.fromhex((to + self.mac(machine, vlan)).replace(":", ""))
        return word, addresses + forged + EXPERIMENT + word.ljust(46, b"\0")

    def say(self, machine: str, vlan: str, to: str = BROADCAST, *, tags: tuple[int, ...] = ()) -> bytes:
        """Say a new word in a VLAN, with tags if there are any; return the word."""
        word, frame = self.frame(machine, vlan, to, tags=tags)
        self.send(machine, (vlan, frame))
        return word

    def say_everywhere(self) -> None:
        """Say a word in each VLAN, and wait until each was heard there: who heard no earlier one by then never will."""
        words = {vlan: self.frame(SPEAKER, vlan) for vlan in INTERFACES}
        self.send(SPEAKER, *((vlan, frame) for vlan, (_, frame) in words.items()))
        for vlan, (word, _) in words.items():
            self.expect(word, *(self.card(listener, vlan) for listener in LISTENERS))

    def who_heard(self, word: bytes) -> set[str]:
        """Return the cards that a word came to."""
        heard = self.lab.heard(SPEAKER, *LISTENERS)
        return {frame.link for frame in heard if word in frame.data}

    def expect(self, word: bytes, *cards: str) -> None:
        """Wait until a word came to cards, and hold that it came to no others."""
        wait_until(f"{word!r} at {', '.join(cards)}", lambda: self.who_heard(word) >= set(cards), within=5 * seconds)
        assert self.who_heard(word) == set(cards)


@to_whom
@on_every_vlan
def test_machines_of_a_vlan_hear_each_other_across_racks_and_nobody_else_does(floor: Floor, vlan: str, to: str) -> None:
    word = floor.say(SPEAKER, vlan, to)
    floor.expect(word, *(floor.card(listener, vlan) for listener in LISTENERS))
    floor.say_everywhere()
    assert floor.who_heard(word) == {floor.card(listener, vlan) for listener in LISTENERS}


@on_every_vlan
def test_what_is_said_to_one_machine_is_heard_by_that_machine_alone(floor: Floor, vlan: str) -> None:
    far = LISTENERS[-1]
    floor.expect(floor.say(far, vlan), *(floor.card(one, vlan) for one in [SPEAKER, *LISTENERS] if one != far))
    floor.expect(floor.say(SPEAKER, vlan, floor.mac(far, vlan)), floor.card(far, vlan))


@pytest.mark.parametrize("forged", ["provisioning", "cluster", "client", "management"])
def test_a_forged_tag_leads_into_no_other_vlan(floor: Floor, forged: str) -> None:
    """From the storage card, an access port; also behind the port's own VLAN, as in VLAN hopping."""
    own, other = floor.ids["storage"], floor.ids[forged]
    words = [floor.say(SPEAKER, "storage", tags=tags) for tags in ((other,), (own, other), (0, other))]
    floor.say_everywhere()
    assert [floor.who_heard(word) for word in words] == [set(), set(), set()]


@pytest.mark.parametrize("forged", ["provisioning", "storage", "management"])
def test_a_trunk_lets_nobody_into_a_vlan_that_it_does_not_carry(floor: Floor, forged: str) -> None:
    word = floor.say(SPEAKER, "cluster", tags=(floor.ids[forged],))
    floor.say_everywhere()
    assert floor.who_heard(word) == set()


def test_a_trunk_carries_its_vlans_tagged_and_nothing_else(floor: Floor) -> None:
    floor.say_everywhere()
    for listener in LISTENERS:
        came = floor.lab.heard(f"{listener}/eth1")
        assert {vlan_of(frame.data) for frame in came} == {floor.ids["cluster"], floor.ids["client"]}
        for access in ("eth0", "eth2"):
            assert {vlan_of(frame.data) for frame in floor.lab.heard(f"{listener}/{access}")} == {0}


def test_a_rack_whose_cable_is_pulled_hears_nothing_until_it_is_back(floor: Floor) -> None:
    far, near = LISTENERS[-1], LISTENERS[:-1]
    uplink = floor.lab.links("tor3")
    uplink.cut()
    floor.expect(floor.say(SPEAKER, "storage"), *(floor.card(one, "storage") for one in near))
    assert uplink.counters()["core--tor3"].up["cut"] >= 1, "the cut bit"
    uplink.restore()
    floor.expect(floor.say(SPEAKER, "storage"), *(floor.card(one, "storage") for one in LISTENERS))
    assert floor.lab.heard(floor.card(far, "storage"))


def test_only_the_provisioning_vlan_has_a_boot_server(floor: Floor) -> None:
    wire = floor.lab.wire()
    floor.send(SPEAKER, *((vlan, discover(floor.mac(SPEAKER, vlan))) for vlan in INTERFACES))
    asked = floor.mac(SPEAKER, "provisioning")
    wire.on("provisioning").expect(DhcpOffer, client=asked, boot_file=bool, within=10 * seconds)
    floor.say_everywhere()
    wire.on(*(vlan for vlan in INTERFACES if vlan != "provisioning")).never(DhcpOffer)


def discover(mac: str) -> bytes:
    """Return what a UEFI machine's firmware asks at first: DHCPDISCOVER of a PXE client (RFC 4578)."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    options = [
        ("message-type", "discover"),
        ("vendor_class_id", b"PXEClient:Arch:00007:UNDI:003000"),
        (93, b"\x00\x07"),
        (97, b"\x00" + bytes(16)),
        "end",
    ]
    ip = Ether(src=mac, dst=BROADCAST) / IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=68, dport=67)  # noqa: S104 - DHCP
    return bytes(ip / BOOTP(chaddr=hardware, xid=0x36, flags=0x8000) / DHCP(options=options))
