from __future__ import annotations

from typing import Any

import pytest

from harness.capture import events as ev
from harness.capture.events import Endpoint
from harness.faults.boot import ImageCorrupted
from harness.incident.boot import faults as boot_faults
from tests.incident.dialogues import ADDRESS, MAC, SERVER, SERVER_MAC, Dialogue
from tests.incident.records import Journal, at

CLIENT = Endpoint(ADDRESS, 2000)
FROM_SERVER: dict[str, Any] = {"src": str(SERVER), "dst": str(ADDRESS), "mac": SERVER_MAC}


def notes(dialogue: Dialogue) -> list[str]:
    assert boot_faults.find(dialogue.record()) == []
    return [one.what for one in boot_faults.observe(dialogue.record())]


def test_refusals_are_told() -> None:
    dialogue = Dialogue().lease(1, 1).dhcp(30, ev.DhcpRequest, 2).dhcp(30.1, ev.DhcpNak, 2)
    dialogue.dhcp(40, ev.DhcpDecline, 3, requested=ADDRESS)
    assert notes(dialogue) == [
        "its request for an address was refused (DHCPNAK)",
        "it found 192.168.100.11 in use (DHCPDECLINE)",
    ]


def test_files_that_are_not_there_are_told() -> None:
    dialogue = Dialogue().lease(1, 1).tftp(2, answered=False, file="x.efi").http(5, 5.1, "/none", 404)
    dialogue.add(2.1, ev.TftpError, **FROM_SERVER, client=CLIENT, file="x.efi", code=1, message="file not found")
    assert notes(dialogue) == ["TFTP ended with 1 'file not found' for 'x.efi'", "HTTP 404 for /none"]


def test_a_client_that_only_wants_to_know_a_files_size_is_fine() -> None:
    dialogue = Dialogue().lease(1, 1).tftp(2, answered=False)
    dialogue.add(
        2.1, ev.TftpError, src=str(ADDRESS), dst=str(SERVER), mac=MAC, client=CLIENT, file="ipxe.efi", code=8,
        message="User aborted the transfer",
    )  # fmt: skip
    assert notes(dialogue) == []


def test_an_offer_that_nobody_takes_up_is_told() -> None:
    dialogue = Dialogue().dhcp(1, ev.DhcpDiscover, 1).dhcp(1.1, ev.DhcpOffer, 1)
    assert notes(dialogue) == ["it never asked for 192.168.100.11, which it was offered"]


@pytest.mark.parametrize("answers,told", [("abab", True), ("aabb", False), ("ab", False)])
def test_two_that_answer_for_one_address_in_turns_are_told(answers: str, *, told: bool) -> None:
    dialogue = Dialogue()
    for place, one in enumerate(answers):
        mac = f"52:54:00:00:00:0{one}"
        ends: dict[str, Any] = {"sender": ADDRESS, "target": SERVER, "sender_mac": mac, "target_mac": SERVER_MAC}
        dialogue.add(1 + place, ev.ArpReply, src=mac, dst=SERVER_MAC, mac=mac, **ends)
    seen = boot_faults.observe(dialogue.record())
    assert [one.who for one in seen] == (["192.168.100.11"] if told else [])


@pytest.mark.parametrize(
    "message,file,confidence",
    [
        ("root.tar.zst : Decoding error (36) : Data corruption detected", "root.tar.zst", 0.8),
        ("Initramfs unpacking failed: invalid magic at start of compressed archive", "initrd.img", 0.6),
    ],
)
def test_a_file_that_somebody_finds_damaged_was_corrupted(message: str, file: str, confidence: float) -> None:
    dialogue = (
        Dialogue().lease(1, 1).http(3, 3.1, "/vmlinuz").http(4, 4.1, "/initrd.img").http(20, 20.1, "/root.tar.zst")
    )
    moment = 5 if "Initramfs" in message else 30
    (found,) = boot_faults.find(dialogue.record(Journal("node01").says(moment, message, by="kernel")))
    assert (found.fault, found.confidence) == (ImageCorrupted(file), confidence)
    assert found.began == at(4 if file == "initrd.img" else 20)


@pytest.mark.parametrize("times,told", [(5, True), (3, False)])
def test_a_machine_that_boots_in_circles_is_told(times: int, *, told: bool) -> None:
    dialogue = Dialogue()
    for place in range(times):
        dialogue.lease(10 * place + 1, place + 1).http(
            10 * place + 2, 10 * place + 2.1, "/boot.ipxe", port=50000 + place
        )
    circles = [one for one in notes(dialogue) if "circles" in one]
    what = f"it boots in circles: it fetched /boot.ipxe {times} times, and asked for an address before each"
    assert circles == ([what] if told else [])


def test_who_fetches_a_file_again_and_again_under_one_address_does_not_boot() -> None:
    dialogue = Dialogue().lease(1, 1)
    for place in range(8):
        dialogue.http(10 * place + 2, 10 * place + 2.1, "/status", port=50000 + place)
    assert notes(dialogue) == []
