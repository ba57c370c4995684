from __future__ import annotations

import pytest

from harness.capture import events as ev
from harness.capture.boot_steps import BootFiles, bios_steps, uefi_steps
from tests.capture.build import CLIENT_MAC
from tests.capture.make import CLIENT_END, IPXE, Wire


def test_bios_has_the_last_steps_of_uefi() -> None:
    uefi = [step.name for step in uefi_steps([], CLIENT_MAC, BootFiles())]
    bios = [step.name for step in bios_steps([], CLIENT_MAC, BootFiles())]
    assert uefi[-len(bios) :] == bios
    assert uefi[: -len(bios)] == [
        *("firmware-discover", "firmware-offer", "firmware-request", "firmware-ack"),
        *("tftp-request", "tftp-complete"),
    ]
    assert len(set(uefi)) == len(uefi)


@pytest.mark.parametrize(
    "file, fits", [("ipxe.efi", True), ("/boot/ipxe.efi", True), ("boot\\ipxe.efi", True), ("ipxe.efi.bak", False)]
)
def test_a_file_is_known_by_its_name_in_whatever_folder(file: str, fits: bool) -> None:  # noqa: FBT001 - from parametrize
    (event,) = Wire().add(ev.TftpComplete, client=CLIENT_END, file=file, octets=1, blocks=1, missing=0).events
    step = next(step for step in uefi_steps([], CLIENT_MAC, BootFiles()) if step.name == "tftp-complete")
    assert step.fits(event) == fits


@pytest.mark.parametrize(
    "target, step",
    [
        ("/boot.ipxe", "script-request"),
        ("/images/boot.ipxe?mac=1", "script-request"),
        ("/vmlinuz", "kernel-request"),
        ("/x/vmlinuz-6.1.0-56-cloud-amd64", "kernel-request"),
        ("/bzImage", "kernel-request"),
        ("/initrd.img", "initrd-request"),
        ("/initramfs", "initrd-request"),
        ("/kernel/other", None),
    ],
)
def test_a_target_belongs_to_at_most_one_step(target: str, step: str | None) -> None:
    event = Wire().http(target).events[0]
    steps = [one.name for one in bios_steps([], CLIENT_MAC, BootFiles()) if one.fits(event)]
    assert steps == ([] if step is None else [step])


def test_an_answer_belongs_to_a_stage_by_its_transaction() -> None:
    wire = Wire().dhcp(ev.DhcpDiscover, 7, **IPXE).dhcp(ev.DhcpAck, 7).dhcp(ev.DhcpAck, 8)
    step = next(step for step in bios_steps(wire.events, CLIENT_MAC, BootFiles()) if step.name == "ipxe-ack")
    assert [step.fits(event) for event in wire.events] == [False, True, False]
