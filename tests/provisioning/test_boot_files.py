from __future__ import annotations

import dataclasses
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network

import pytest

from harness.errors import HarnessBug
from harness.provisioning.boot_files import (
    BootConfig,
    Reservation,
    boot_script,
    dnsmasq_conf,
    nginx_conf,
    reservations,
)
from harness.topology.model import MachineSpec, NicSpec, Topology, Vlan

CONFIG = BootConfig(
    name="pxe",
    interface="pxe0",
    address=IPv4Address("192.168.100.1"),
    subnet=IPv4Network("192.168.100.0/24"),
    gateway=IPv4Address("192.168.100.1"),
    reservations=(
        Reservation("node01", "52:54:00:00:01:01", IPv4Address("192.168.100.11")),
        Reservation("node02", "52:54:00:00:01:02", IPv4Address("192.168.100.12")),
    ),
    kernel_arguments=("console=ttyS0", "mitigations=off"),
)

DNSMASQ = """\
port=0
keep-in-foreground
user=root
group=
no-hosts
no-resolv
interface=pxe0
except-interface=lo
bind-interfaces
dhcp-authoritative
dhcp-range=192.168.100.0,static,255.255.255.0,3600
dhcp-ignore=tag:!known
no-ping
dhcp-host=52:54:00:00:01:01,192.168.100.11,node01
dhcp-host=52:54:00:00:01:02,192.168.100.12,node02
dhcp-option=option:router,192.168.100.1
dhcp-match=set:bios,option:client-arch,0
dhcp-match=set:uefi,option:client-arch,7
dhcp-match=set:uefi,option:client-arch,9
dhcp-userclass=set:ipxe,iPXE
dhcp-boot=tag:!ipxe,tag:bios,undionly.kpxe,pxe,192.168.100.1
dhcp-boot=tag:!ipxe,tag:uefi,ipxe.efi,pxe,192.168.100.1
dhcp-boot=tag:ipxe,http://192.168.100.1/boot.ipxe,pxe,192.168.100.1
dhcp-option=tag:ipxe,encap:175,176,1b
enable-tftp
log-dhcp
"""

SCRIPT = """\
#!ipxe
:start
echo harness: boot.ipxe on ${netX/mac} at ${netX/ip}
imgfree
kernel http://192.168.100.1/vmlinuz initrd=initrd.img console=ttyS0 mitigations=off BOOTIF=01-${netX/mac:hexhyp} \
|| goto failed
initrd --name initrd.img http://192.168.100.1/initrd.img || goto failed
boot || goto failed

:failed
echo harness: boot.ipxe failed, next try in 3 s
sleep 3
goto start
"""


def settings(text: str) -> str:
    return "".join(f"{line}\n" for line in text.splitlines() if line and not line.startswith("#"))


def test_dnsmasq_is_told_this() -> None:
    assert settings(dnsmasq_conf(CONFIG)) == DNSMASQ


def test_ipxe_is_told_this() -> None:
    assert boot_script(CONFIG) == SCRIPT


def test_nginx_listens_on_the_boot_servers_own_address_only() -> None:
    assert "listen 192.168.100.1:80;" in nginx_conf(CONFIG)


def test_another_port_stands_in_every_url() -> None:
    config = dataclasses.replace(CONFIG, http_port=8080)
    assert config.url("x") == "http://192.168.100.1:8080/x"
    assert "listen 192.168.100.1:8080;" in nginx_conf(config)
    assert "http://192.168.100.1:8080/boot.ipxe" in dnsmasq_conf(config)
    assert boot_script(config).count("http://192.168.100.1:8080/") == 2


def test_a_segment_without_gateway_offers_none() -> None:
    config = dataclasses.replace(CONFIG, gateway=None, lease=timedelta(minutes=2))
    assert "\ndhcp-option=option:router\n" in dnsmasq_conf(config)
    assert "\ndhcp-range=192.168.100.0,static,255.255.255.0,120\n" in dnsmasq_conf(config)


@pytest.mark.parametrize("argument", ["", "two words", "trailing ", "line\nbreak"])
def test_kernel_arguments_are_single_words(argument: str) -> None:
    with pytest.raises(HarnessBug, match="not one word"):
        boot_script(dataclasses.replace(CONFIG, kernel_arguments=(argument,)))


def test_every_card_in_the_vlan_is_reserved() -> None:
    def nic(name: str, mac: str, vlan: str, address: str) -> NicSpec:
        return NicSpec(name=name, mac=mac, vlan=vlan, address=IPv4Address(address))

    topology = Topology(
        name="two",
        vlans=(
            Vlan(name="boot", subnet=IPv4Network("10.0.1.0/24")),
            Vlan(name="storage", subnet=IPv4Network("10.0.2.0/24")),
        ),
        machines=(
            MachineSpec(
                name="a",
                nics=(
                    nic("eth0", "52:54:00:00:00:01", "boot", "10.0.1.1"),
                    nic("eth1", "52:54:00:00:00:02", "storage", "10.0.2.1"),
                ),
            ),
            MachineSpec(name="b", nics=(nic("eth0", "52:54:00:00:00:03", "boot", "10.0.1.2"),)),
        ),
    )
    assert reservations(topology, "boot") == (
        Reservation("a", "52:54:00:00:00:01", IPv4Address("10.0.1.1")),
        Reservation("b", "52:54:00:00:00:03", IPv4Address("10.0.1.2")),
    )
