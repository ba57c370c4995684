from __future__ import annotations

from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from harness.machines.accelerator import Accelerator
from harness.machines.domain import Domain, DomainCard, Kernel
from harness.machines.firmware import FirmwareFiles
from harness.machines.memory import Memory
from harness.network.protocol import MulticastAttachment, TapAttachment, UdpAttachment
from harness.topology.model import MachineSpec, NicSpec

CARD = DomainCard("52:54:00:00:01:01", MulticastAttachment(IPv4Address("230.0.0.1"), 1234), boots=True)
NIC = NicSpec(name="eth0", mac="52:54:00:00:01:01", vlan="cluster", address=IPv4Address("192.168.100.11"))
SPEC = MachineSpec(name="node01", nics=(NIC,))
DOMAIN = Domain(
    name="node01",
    spec=SPEC,
    accelerator=Accelerator.TCG,
    uefi=FirmwareFiles(Path("/code.fd"), Path("/vars.fd")),
    nvram=Path("/n/nvram.fd"),
    disk=Path("/n/disk.qcow2"),
    console=Path("/n/console"),
    cards=(CARD,),
    memory=Memory(Path("/n/memory")),
)


def tree(domain: Domain) -> ET.Element:
    return ET.fromstring(domain.xml())  # noqa: S314 - our own XML


def text(domain: Domain, path: str) -> str | None:
    element = tree(domain).find(path)
    assert element is not None, path
    return element.text


def attributes(domain: Domain, path: str) -> dict[str, str]:
    element = tree(domain).find(path)
    assert element is not None, path
    return dict(element.attrib)


def test_memory_is_in_bytes() -> None:
    assert text(DOMAIN, "memory") == str(1 << 30)
    assert attributes(DOMAIN, "memory") == {"unit": "b"}


def test_under_kvm_a_guest_has_the_host_s_processor() -> None:
    domain = replace(DOMAIN, accelerator=Accelerator.KVM)
    assert attributes(domain, ".")["type"] == "kvm"
    assert attributes(domain, "cpu") == {"mode": "host-passthrough"}


def test_libvirt_does_not_ask_for_each_property_of_the_processor() -> None:
    known = {"qemu": "http://libvirt.org/schemas/domain/qemu/1.0"}
    left_out = tree(DOMAIN).find("qemu:capabilities/qemu:del", known)
    assert left_out is not None
    assert left_out.attrib == {"capability": "cpu-unavailable-features"}


def test_an_emulated_processor_is_a_simple_one() -> None:
    assert attributes(DOMAIN, ".")["type"] == "qemu"
    assert attributes(DOMAIN, "cpu") == {"mode": "custom", "match": "exact", "check": "none"}
    assert text(DOMAIN, "cpu/model") == "Nehalem"
    assert attributes(DOMAIN, "cpu/model") == {"fallback": "forbid"}


def test_the_disk_comes_before_the_network_in_the_order_of_boot() -> None:
    assert attributes(DOMAIN, "devices/disk/boot") == {"order": "1"}
    assert attributes(DOMAIN, "devices/interface/boot") == {"order": "2"}


def test_the_card_is_on_the_documented_group_with_the_documented_mac() -> None:
    assert attributes(DOMAIN, "devices/interface/source") == {"address": "230.0.0.1", "port": "1234"}
    assert attributes(DOMAIN, "devices/interface/mac") == {"address": "52:54:00:00:01:01"}


def test_a_card_on_a_udp_socket_says_where_it_sends_and_where_it_listens() -> None:
    card = replace(CARD, attachment=UdpAttachment(IPv4Address("127.0.0.1"), 4000, 4001))
    domain = replace(DOMAIN, cards=(card,))
    assert attributes(domain, "devices/interface") == {"type": "udp"}
    assert attributes(domain, "devices/interface/source") == {"address": "127.0.0.1", "port": "4000"}
    assert attributes(domain, "devices/interface/source/local") == {"address": "127.0.0.1", "port": "4001"}


def test_a_card_on_a_tap_device_leaves_it_as_it_is() -> None:
    domain = replace(DOMAIN, cards=(replace(CARD, attachment=TapAttachment("tap7")),))
    assert attributes(domain, "devices/interface") == {"type": "ethernet"}
    assert attributes(domain, "devices/interface/target") == {"dev": "tap7", "managed": "no"}


def test_a_cable_is_plugged_in_or_not() -> None:
    domain = replace(DOMAIN, cards=(CARD, replace(CARD, carrier=False)))
    assert [link.attrib for link in tree(domain).findall("devices/interface/link")] == [
        {"state": "up"},
        {"state": "down"},
    ]


@pytest.mark.parametrize("uefi", [DOMAIN.uefi, None])
def test_a_card_that_does_not_boot_has_neither_a_place_in_the_order_nor_a_rom(uefi: FirmwareFiles | None) -> None:
    first, second = tree(
        replace(DOMAIN, uefi=uefi, cards=(replace(CARD, boots=False), CARD)),
    ).findall("devices/interface")
    assert first.find("boot") is None
    assert [rom.attrib for rom in first.findall("rom")] == [{"enabled": "no"}]
    assert [boot.attrib for boot in second.findall("boot")] == [{"order": "2"}]


def test_under_uefi_the_card_has_no_rom_so_that_the_firmware_s_own_pxe_runs() -> None:
    assert attributes(DOMAIN, "devices/interface/rom") == {"enabled": "no"}
    assert text(DOMAIN, "os/loader") == "/code.fd"
    assert attributes(DOMAIN, "os/nvram") == {"template": "/vars.fd"}


def test_under_bios_the_card_s_rom_boots() -> None:
    bios = tree(replace(DOMAIN, uefi=None))
    assert bios.find("os/loader") is None
    assert bios.find("devices/interface/rom") is None


def test_there_is_always_a_source_of_randomness() -> None:
    assert text(DOMAIN, "devices/rng/backend") == "/dev/urandom"


def test_the_console_is_dialled_by_the_guest_so_that_no_byte_is_lost() -> None:
    assert attributes(DOMAIN, "devices/serial/source") == {"mode": "connect", "path": "/n/console"}


def test_text_is_escaped() -> None:
    assert text(replace(DOMAIN, name="a<b&c"), "name") == "a<b&c"


def arguments(domain: Domain) -> list[str]:
    space = "{http://libvirt.org/schemas/domain/qemu/1.0}"
    return [arg.attrib["value"] for arg in tree(domain).iterfind(f"{space}commandline/{space}arg")]


def test_memory_is_a_file_of_our_own() -> None:
    backend = f"memory-backend-file,id=memory,size={1 << 30},mem-path=/n/memory,share=on"
    assert arguments(DOMAIN)[:4] == ["-object", backend, "-machine", "memory-backend=memory"]
    clone = replace(DOMAIN, memory=Memory(Path("/a,b"), shared=False), incoming=True)
    assert arguments(clone)[1].endswith("mem-path=/a,,b,share=off")
    assert arguments(clone)[-2:] == ["-incoming", "defer"]
    assert "-incoming" not in arguments(DOMAIN)


def test_a_restored_guest_is_not_woken_to_announce_itself() -> None:
    assert "virtio-net-device.guest_announce=off" in arguments(DOMAIN)


def test_a_kernel_of_our_own_is_loaded_past_the_firmware() -> None:
    domain = replace(DOMAIN, kernel=Kernel(Path("/k"), Path("/i"), "console=ttyS0 x"))
    assert [text(domain, f"os/{name}") for name in ("kernel", "initrd", "cmdline")] == ["/k", "/i", "console=ttyS0 x"]
    assert tree(DOMAIN).find("os/kernel") is None
