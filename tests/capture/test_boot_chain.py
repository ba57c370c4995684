from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture import events as ev
from harness.capture.boot_chain import BootChain, boot_chain, no_network_boot
from harness.capture.boot_steps import BootFiles
from tests.capture.build import CLIENT_MAC
from tests.capture.make import CLIENT_END, FIRMWARE, IPXE, SECOND, Wire, through_ipxe, uefi

if TYPE_CHECKING:
    from harness.capture.events import Event

STEPS = [
    *("firmware-discover", "firmware-offer", "firmware-request", "firmware-ack", "tftp-request", "tftp-complete"),
    *("ipxe-discover", "ipxe-offer", "ipxe-request", "ipxe-ack"),
    *("script-request", "script-response", "script-complete"),
    *("kernel-request", "kernel-response", "kernel-complete"),
    *("initrd-request", "initrd-response", "initrd-complete"),
    *("installer-request", "installer-ack"),
]
OTHER_MAC = "52:54:00:00:01:02"


def missing(chain: BootChain) -> list[str]:
    return [step.name for step in chain.missing]


def test_a_whole_chain_is_proved_step_by_step() -> None:
    wire = uefi()
    chain = boot_chain(wire.events, CLIENT_MAC)
    assert chain
    assert [step.name for step in chain.steps] == STEPS
    frames = [step.event.frame for step in chain.steps]
    assert frames == sorted(set(frames))
    assert chain.notes == ()


def test_times_of_steps_are_those_of_their_frames() -> None:
    chain = boot_chain(uefi().events, CLIENT_MAC)
    assert chain.times["firmware-discover"] == SECOND
    assert chain.between("firmware-discover", "tftp-complete") == timedelta(seconds=5)
    assert chain.between("firmware-discover", "nothing") is None


@given(st.integers(0, len(STEPS) - 1))
def test_a_step_without_its_frame_is_missing(place: int) -> None:
    step = boot_chain(uefi().events, CLIENT_MAC).steps[place]
    chain = boot_chain([event for event in uefi().events if event.frame != step.event.frame], CLIENT_MAC)
    assert not chain
    assert step.name in missing(chain)


@given(st.permutations(range(6, 10)))
def test_steps_in_another_order_are_no_chain(order: list[int]) -> None:
    every = uefi().events
    shuffled = [*every[:6], *(every[place] for place in order), *every[10:]]
    assert bool(boot_chain(shuffled, CLIENT_MAC)) == (order == sorted(order))


def test_a_card_whose_rom_is_ipxe_does_not_pass_for_firmware() -> None:
    chain = boot_chain(through_ipxe(Wire()).events, CLIENT_MAC, "uefi")
    assert missing(chain) == STEPS[:6]
    assert "missing firmware-discover: a DHCP discover by the firmware" in str(chain)
    assert "seen instead: frame 1: dhcp-discover" in str(chain)
    assert "user_class=[iPXE]" in str(chain)


def test_what_firmware_does_besides_is_tolerated() -> None:
    wire = Wire()
    wire.dhcp(ev.DhcpDiscover, 1, **FIRMWARE).dhcp(ev.DhcpDiscover, 1, **FIRMWARE)
    wire.dhcp(ev.DhcpOffer, 1, boot_file="ipxe.efi").dhcp(ev.DhcpOffer, 1, boot_file="ipxe.efi")
    wire.dhcp(ev.DhcpRequest, 1, **FIRMWARE).dhcp(ev.DhcpAck, 1, boot_file="ipxe.efi")
    wire.dhcp(ev.DhcpRequest, 1, server_port=4011, **FIRMWARE)
    wire.add(ev.TftpRequest, client=CLIENT_END, file="ipxe.efi", write=False, mode="octet", options=())
    wire.add(ev.TftpError, client=CLIENT_END, file="ipxe.efi", code=8, message="User aborted the transfer")
    chain = boot_chain(through_ipxe(wire.tftp().tftp()).events, CLIENT_MAC)
    assert chain
    assert chain.notes == (
        "2 files were sent over TFTP: ipxe.efi, ipxe.efi",
        "the client ended a TFTP transfer itself, as firmware does that asks for a file's size first",
    )


@pytest.mark.parametrize(
    "change, first",
    [
        ({"architectures": (0,)}, "firmware-discover"),
        ({"vendor_class": "HTTPClient:Arch:00016"}, "firmware-discover"),
        ({"user_class": ("iPXE",)}, "firmware-discover"),
    ],
)
def test_firmware_is_known_by_what_it_says(change: dict[str, Any], first: str) -> None:
    wire = through_ipxe(Wire().lease(1, boot_file="ipxe.efi", **FIRMWARE | change).tftp())
    assert missing(boot_chain(wire.events, CLIENT_MAC))[0] == first


@pytest.mark.parametrize("file", ["", "undionly.kpxe", "ipxe.efi.old"])
def test_another_boot_program_is_missing_the_offer(file: str) -> None:
    wire = through_ipxe(Wire().lease(1, boot_file=file, **FIRMWARE).tftp())
    chain = boot_chain(wire.events, CLIENT_MAC)
    assert missing(chain)[0] == "firmware-offer"
    assert "an offer of ipxe.efi and its server" in str(chain)


def test_an_offer_in_another_transaction_is_none() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover, 1, **FIRMWARE).dhcp(ev.DhcpOffer, 7, boot_file="ipxe.efi")
    assert "firmware-offer" in missing(boot_chain(wire.events, CLIENT_MAC))


def test_a_file_that_is_not_found_is_shown() -> None:
    wire = Wire().lease(2, boot_file="http://192.168.100.1/boot.ipxe", **IPXE).http("/boot.ipxe", status=404)
    chain = boot_chain(wire.events, CLIENT_MAC, "bios")
    assert missing(chain)[0] == "script-response"
    assert "status=404" in str(chain.missing[0])


def test_a_download_that_breaks_off_is_missing_its_end() -> None:
    wire = Wire().lease(2, boot_file="http://192.168.100.1/boot.ipxe", **IPXE)
    wire.http("/boot.ipxe").http("/vmlinuz").http("/initrd.img", whole=False)
    assert missing(boot_chain(wire.events, CLIENT_MAC, "bios")) == STEPS[-3:]


def test_bios_starts_with_ipxe_and_says_so() -> None:
    chain = boot_chain(through_ipxe(Wire()).events, CLIENT_MAC, "bios")
    assert chain
    assert [step.name for step in chain.steps] == STEPS[6:]
    assert chain.notes[0].startswith("the network card's ROM is iPXE")


def test_bios_that_loads_files_over_tftp_says_so() -> None:
    chain = boot_chain(through_ipxe(Wire().tftp("undionly.kpxe")).events, CLIENT_MAC, "bios")
    assert "files were sent over TFTP all the same: undionly.kpxe" in chain.notes


def test_other_machines_prove_nothing() -> None:
    chain = boot_chain(uefi().events, OTHER_MAC)
    assert not chain.steps
    assert "nothing was seen instead" in str(chain)


def test_two_machines_at_once_have_a_chain_each() -> None:
    first = uefi().events
    second = [replace(event, **_other(event)) for event in uefi().events]
    both = [event for pair in zip(first, second, strict=True) for event in pair]
    for mac in (CLIENT_MAC, OTHER_MAC):
        assert boot_chain(both, mac)


def _other(event: Event) -> dict[str, Any]:
    changes = {name: OTHER_MAC for name in ("sent_by", "sent_to") if getattr(event, name) == CLIENT_MAC}
    return {**changes, "client": OTHER_MAC} if isinstance(event, ev.DhcpEvent) else dict(changes)


def test_only_what_comes_after_the_given_time_counts() -> None:
    wire = uefi()
    again = through_ipxe(wire)
    chain = boot_chain(again.events, CLIENT_MAC, "bios", after=22 * SECOND)
    assert chain
    assert chain.steps[0].event.time >= 22 * SECOND
    assert not boot_chain(wire.events, CLIENT_MAC, "uefi", after=2 * SECOND)


def test_other_names_of_files_can_be_given() -> None:
    wire = Wire().lease(2, boot_file="http://192.168.100.1/menu.ipxe", **IPXE)
    wire.http("/menu.ipxe").http("/arch/linux").http("/arch/rd.img?x=1").lease(3)
    files = BootFiles(script="menu.ipxe", kernel=("linux",), initrd=("rd.*",))
    assert boot_chain(wire.events, CLIENT_MAC, "bios", files=files)
    assert not boot_chain(wire.events, CLIENT_MAC, "bios")


def test_frames_that_could_not_be_read_and_a_second_server_are_noted() -> None:
    wire = uefi()
    wire.dhcp(ev.DhcpOffer, 9, server=None)
    wire.add(ev.Undecodable, expected="http", reason="9 bytes were not captured")
    notes = boot_chain(wire.events, CLIENT_MAC).notes
    assert "more than one DHCP server offered an address" in notes
    assert notes[-1].startswith("1 frames could not be read or were not captured, the first: frame 25: undecodable")


def test_a_chain_reads_as_a_table() -> None:
    lines = str(boot_chain(uefi().events, CLIENT_MAC)).splitlines()
    assert lines[0] == "52:54:00:00:01:01 (uefi): 21 steps proved, 0 missing"
    assert lines[1].startswith("     0.000 s  firmware-discover  frame 1: dhcp-discover from 52:54:00:00:01:01")


# --- a boot from the disk ---


def arp(wire: Wire) -> Wire:
    return wire.add(ev.ArpRequest, sender=CLIENT_END.address, target=CLIENT_END.address)


def test_a_machine_that_only_leases_an_address_did_not_boot_from_the_network() -> None:
    boot = no_network_boot(Wire().lease(1, vendor_class="systemd").events, CLIENT_MAC)
    assert boot.valid is True
    assert boot
    assert "did not boot from the network; frame 1: dhcp-discover" in str(boot)


@pytest.mark.parametrize("says", [FIRMWARE, IPXE, {"architectures": (16,)}, {"user_class": ("iPXE",)}])
def test_dhcp_of_a_boot_client_gives_a_network_boot_away(says: dict[str, Any]) -> None:
    boot = no_network_boot(arp(Wire().dhcp(ev.DhcpDiscover, **says)).events, CLIENT_MAC)
    assert boot.valid is False
    assert [event.frame for event in boot.offending] == [1]
    assert "booted from the network:\nframe 1: dhcp-discover" in str(boot)


def test_tftp_and_http_by_ipxe_give_a_network_boot_away() -> None:
    boot = no_network_boot(Wire().tftp().http("/boot.ipxe").events, CLIENT_MAC)
    assert [event.kind for event in boot.offending] == ["tftp-request", "http-request"]


def test_a_machine_that_was_not_seen_is_unknown() -> None:
    boot = no_network_boot(uefi().events, OTHER_MAC)
    assert boot.valid is None
    assert not boot
    assert str(boot) == "52:54:00:00:01:02: unknown, since no frame of it was captured"


def test_an_earlier_network_boot_does_not_count() -> None:
    wire = arp(uefi())
    boot = no_network_boot(wire.events, CLIENT_MAC, after=wire.events[-1].time)
    assert boot.valid is True
