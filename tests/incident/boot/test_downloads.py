from __future__ import annotations

from typing import Any

from harness.capture.events import Endpoint, HttpComplete, TftpRequest, TftpUnfinished
from harness.faults.boot import HttpStalled, TftpStalled
from harness.incident.boot import faults as boot_faults
from harness.incident.packet import Packet
from tests.incident.dialogues import ADDRESS, MAC, SERVER, Dialogue
from tests.incident.records import T036, at, every, frames

FINISH = 0x11


def body(moments: list[float]) -> list[Packet]:
    """Return what the server sends of a file, at those moments."""
    sent = frames(T036, "node02", moments, src=str(SERVER), ports=(80, 50000), payload=1448)
    return [packet._replace(dst=str(ADDRESS)) for packet in sent]


def download(*, whole: bool = True) -> Dialogue:
    dialogue = Dialogue().lease(1, 1).http(10, 10.05, "/initrd.img")
    said = [(30.0 if isinstance(event, HttpComplete) else moment, event) for moment, event in dialogue.said]
    dialogue.said = [one for one in said if whole or not isinstance(one[1], HttpComplete)]
    return dialogue


def test_a_file_that_stops_in_the_middle_was_held_up() -> None:
    packets = body([*every(0.1, 10.1, 15), *every(0.1, 21, 30)])
    (found,) = boot_faults.find(download().record(packets=packets))
    assert (found.fault, found.ended) == (HttpStalled(), at(21))
    assert at(14.8) < found.began < at(15)


def test_a_file_that_never_goes_on_is_held_up_to_the_end() -> None:
    (found,) = boot_faults.find(download(whole=False).record(packets=body(every(0.1, 10.1, 15))))
    assert (found.fault, found.ended) == (HttpStalled(), None)


def test_a_file_that_comes_whole_was_not() -> None:
    assert boot_faults.find(download().record(packets=body(every(0.1, 10.1, 30)))) == []


def test_a_connection_that_was_closed_was_not() -> None:
    end = [packet._replace(flags=FINISH, payload=0) for packet in body([15.0])]
    assert boot_faults.find(download(whole=False).record(packets=[*body(every(0.1, 10.1, 15)), *end])) == []


def test_a_transfer_that_broke_off_waits_since_the_last_packet_from_the_server() -> None:
    client = Endpoint(ADDRESS, 2000)
    ends: dict[str, Any] = {"src": str(ADDRESS), "dst": str(SERVER), "mac": MAC, "client": client, "file": "ipxe.efi"}
    dialogue = Dialogue().lease(1, 1).add(20, TftpRequest, **ends, write=False, mode="octet", options=())
    counts: dict[str, Any] = {"octets": 29360, "blocks": 20, "missing": 0, "retransmitted": 4}
    dialogue.add(29, TftpUnfinished, **ends, **counts, reason="the capture ends")
    sent = frames(T036, "node02", every(0.01, 20.1, 21), src=str(SERVER), ports=(3000, 2000), payload=1472)
    packets = [packet._replace(dst=str(ADDRESS), carries="udp") for packet in sent]
    found = boot_faults.find(dialogue.lease(60, 2).tftp(61, answered=True, port=2001).record(packets=packets))
    assert [(one.fault, one.ended) for one in found] == [(TftpStalled(), at(61))]
    assert at(20.9) < found[0].began < at(21)
