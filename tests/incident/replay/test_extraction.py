from __future__ import annotations

from pathlib import Path

import pytest

from harness.capture.files.reader import frames as read
from harness.capture.frames import CaptureError
from harness.incident.replay.datagram import udp_frame
from harness.incident.replay.extraction import dialogue_of, dialogues
from tests.incident.replay import frames
from tests.incident.replay.frames import ASK, TELL, captured, question

OTHER = "52:54:00:00:01:02"


def test_a_real_boot_is_found_whole() -> None:
    (found,) = dialogues(frames.REAL)
    assert (found.client, found.notes) == (frames.MAC, ())
    assert [f"{one.question.protocol} {one.question.what}" for one in found.exchanges] == [
        "DHCP DISCOVER", "DHCP REQUEST",
        "TFTP read ipxe.efi", "TFTP error 8",
        "TFTP read ipxe.efi", "TFTP acknowledge 0", "TFTP acknowledge 1", "TFTP acknowledge 2",
        "DHCP DISCOVER", "DHCP REQUEST",
        "HTTP GET /boot.ipxe", "HTTP GET /vmlinuz", "HTTP GET /initrd.img",
        "DHCP DISCOVER", "DHCP REQUEST",
        "HTTP GET /authorized_keys",
    ]  # fmt: skip
    assert [len(one.answers) for one in found.exchanges] == [1, 1, 1, 0, *[1] * 12]
    asked = found.exchanges[8].question.payload
    assert all(asked.find(option) > 0 for option in (b"\x3c\x20PXEClient:Arch:00007", b"\x4d\x04iPXE", b"\x61\x11\0"))


@pytest.mark.parametrize("name", ["pxe-uefi", "pxe-bios"])
def test_other_real_boots_are_found_too(name: str) -> None:
    (found,) = dialogues(Path(__file__).parents[2] / f"capture/data/{name}.pcapng")
    assert [one.question.what for one in found.exchanges if one.question.protocol == "HTTP"] == [
        "GET /boot.ipxe", "GET /vmlinuz", "GET /initrd.img", "GET /keys",
    ]  # fmt: skip
    assert all(one.answers for one in found.exchanges if one.question.protocol == "HTTP")


def test_each_client_has_its_own(tmp_path: Path) -> None:
    some = [udp_frame(ASK, question(1)), udp_frame(ASK, question(1, mac=OTHER, xid=9)), udp_frame(ASK, question(3))]
    path = frames.written(tmp_path / "two.pcapng", frames.numbered(some))
    assert [(one.client, len(one.exchanges)) for one in dialogues(path)] == [(frames.MAC, 2), (OTHER, 1)]
    assert dialogue_of(path).client == frames.MAC
    assert dialogue_of(path, OTHER.upper().replace(":", "-")).client == OTHER
    with pytest.raises(
        CaptureError, match=rf"nothing asked by {OTHER[:-1]}7, expected one of .*: {frames.MAC}, {OTHER}"
    ):
        dialogue_of(path, OTHER[:-1] + "7")


def test_a_frame_that_was_captured_at_two_interfaces_is_asked_once(tmp_path: Path) -> None:
    whole = udp_frame(ASK, question(1))
    at = [captured(whole, n)._replace(time=time) for n, time in ((1, 10**9), (2, 10**9 + 10**6), (3, 4 * 10**9))]
    (found,) = dialogues(frames.written(tmp_path / "any.pcapng", at))
    assert [one.question.frame for one in found.exchanges] == [1, 3]


def test_what_was_cut_is_told_and_the_rest_goes_on(tmp_path: Path) -> None:
    whole = udp_frame(ASK, question(1))
    some = [captured(whole, 1, kept=200), captured(udp_frame(TELL, frames.answer(2)), 2), captured(whole, 3)]
    (found,) = dialogues(frames.written(tmp_path / "cut.pcapng", some))
    assert [one.question.frame for one in found.exchanges] == [3]
    assert [note[:8] for note in found.notes] == ["frame 1:"]


def test_only_cut_frames_are_no_dialogue(tmp_path: Path) -> None:
    path = frames.written(tmp_path / "cut.pcapng", [captured(udp_frame(ASK, question(1)), 1, kept=96)])
    with pytest.raises(CaptureError, match=r"frame 1: .*only 54 of its .* expected .*captured whole \(tcpdump -s 0\)"):
        dialogues(path)


def test_a_capture_of_answers_only_is_no_dialogue(tmp_path: Path) -> None:
    path = frames.written(tmp_path / "answers.pcapng", [captured(udp_frame(TELL, frames.answer(2)), 1)])
    with pytest.raises(CaptureError, match="no request of a machine that boots from the network"):
        dialogues(path)


def test_a_file_that_is_no_capture_says_so(tmp_path: Path) -> None:
    path = tmp_path / "x.pcap"
    path.write_text("nothing of the kind")
    with pytest.raises(CaptureError, match="expected a pcapng or pcap file"):
        dialogues(path)


def test_each_frame_of_the_capture_is_used() -> None:
    (found,) = dialogues(frames.REAL)
    used = {one.question.frame for one in found.exchanges} | {a.frame for one in found.exchanges for a in one.answers}
    rest = [frame for frame in read(frames.REAL) if frame.number not in used]
    assert all(frame.data[23] == 6 and len(frame.data) in (74, 78) for frame in rest)  # SYNs
