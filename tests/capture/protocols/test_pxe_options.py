from __future__ import annotations

from ipaddress import IPv4Address

import pytest

from harness.capture.protocols import pxe_options

SERVER = IPv4Address("10.0.0.1")


def test_what_ipxe_says_of_itself_is_read() -> None:
    said = pxe_options.ipxe(b"\xb1\x05\x01\x1a\xf4\x10\x00\xeb\x03\x01\x15\x01\x13\x01\x01\x27\x01\x01\x08\x01\x01")
    assert said == {"features": ("http", "menu"), "busid": "pci 1af4:1000", "version": "1.21.1", "keep-san": 1}


@pytest.mark.parametrize(
    "octets, said",
    [
        (b"\x07\x04" + SERVER.packed, {"PXE_DISCOVERY_MCAST_ADDR": SERVER}),
        (b"\x08\x07\x80\0\x01" + SERVER.packed, {"PXE_BOOT_SERVERS": {"32768": (SERVER,)}}),
        (b"\x09\x08\x80\0\x05Linux", {"PXE_BOOT_MENU": {"32768": "Linux"}}),
        (b"\x0a\x04\x05F8?", {"PXE_MENU_PROMPT": {"timeout": 5, "prompt": "F8?"}}),
        (b"\x47\x04\x80\0\0\x01", {"PXE_BOOT_ITEM": {"type": 32768, "layer": 1}}),
        (b"\x08\x03\x80\0\x01", {"PXE_BOOT_SERVERS": b"\x80\0\x01"}),
        (b"\xc8\x01x", {"200": b"x"}),
    ],
)
def test_what_pxe_says_is_read(octets: bytes, said: object) -> None:
    assert pxe_options.vendor(octets + b"\xff") == said


def test_a_user_class_that_is_cut_is_one_text() -> None:
    assert pxe_options.user_classes(b"\x09iPXE") == ("\tiPXE",)
