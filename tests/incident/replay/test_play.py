from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.assembly import boot_config
from harness.capture.files.reader import frames as read
from harness.capture.frames import Frame
from harness.incident.replay import Comparison, Dialogue, Outcome, dialogue_of, replay
from harness.incident.replay.datagram import udp_frame
from harness.provisioning.boot_files import BootConfig, Reservation
from harness.provisioning.boot_server import BootServer
from harness.topology.loader import load
from harness.units import seconds
from tests.incident.replay import frames
from tests.provisioning.segment import Segment

pytestmark = pytest.mark.kernel

TOPOLOGY = Path(__file__).parents[3] / "scenarios/topologies/t036.yaml"
KEYS = "harness.authorized_keys=http://192.168.100.1/authorized_keys"
ARGUMENTS = ("console=ttyS0", "mitigations=off", "no_timer_check")
STAND_INS = ("GET /vmlinuz", "GET /initrd.img", "GET /authorized_keys")
SHORT = 0.3 * seconds


@pytest.fixture
def segment() -> Iterator[Segment]:
    made = Segment()
    yield made
    made.close()


@pytest.fixture
def config() -> BootConfig:
    topology = load(TOPOLOGY)
    assert topology.boot_server is not None
    found = boot_config(topology, topology.boot_server)
    return replace(found, interface="pxe0", kernel_arguments=(*ARGUMENTS, KEYS))


@pytest.fixture
def recorded() -> Dialogue:
    return dialogue_of(frames.REAL)


def play(
    recorded: Dialogue, segment: Segment, config: BootConfig, folder: Path, within: timedelta = 3 * seconds
) -> Comparison:
    files: dict[str, Path | bytes] = {"vmlinuz": b"kernel", "initrd.img": b"initrd", "authorized_keys": b"key\n"}
    with BootServer(config, place=segment.server, folder=folder, files=files):
        return replay(recorded, segment.client, "eth0", within=within, stand_ins=STAND_INS)


def test_the_boot_server_of_the_same_topology_answers_a_real_boot_as_recorded(
    recorded: Dialogue, segment: Segment, config: BootConfig, tmp_path: Path
) -> None:
    found = play(recorded, segment, config, tmp_path / "run")
    assert (found.verdict.valid, found.differences) == (True, []), str(found)
    assert [step.outcome for step in found.steps] == [Outcome.EQUAL] * len(recorded.exchanges)
    assert all(step.adapted == () for step in found.steps)
    assert json.loads(json.dumps(found.to_json()))["equal"] is True


def cooked(data: bytes) -> bytes:
    """The same packet as `tcpdump -i any` has it (LINKTYPE_LINUX_SLL2)."""
    return data[12:14] + bytes(6) + b"\0\1\0\6" + data[6:12] + b"\0\0" + data[14:]


def tagged(data: bytes) -> bytes:
    return data[:12] + b"\x81\x00\x00\x64" + data[12:]


@pytest.mark.parametrize("change,adapted", [(cooked, set[str]()), (tagged, {"VLAN tag"})])
def test_a_boot_is_asked_again_however_it_was_captured(
    change: Callable[[bytes], bytes], adapted: set[str], segment: Segment, config: BootConfig, tmp_path: Path
) -> None:
    path = tmp_path / "other.pcap"
    link_type = 276 if change is cooked else 1
    records = b"".join(_record(frame, change(frame.data)) for frame in read(frames.REAL))
    path.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, link_type) + records)
    found = play(dialogue_of(path), segment, config, tmp_path / "run")
    assert found.verdict.valid is True, str(found)
    assert {one.what for step in found.steps for one in step.adapted} == adapted


def _record(frame: Frame, data: bytes) -> bytes:
    longer = len(data) - len(frame.data)
    times = (frame.time // 10**9, frame.time % 10**9 // 1000)
    return struct.pack("<IIII", *times, len(data), frame.length + longer) + data


def test_a_changed_configuration_is_named_by_its_field(
    recorded: Dialogue, segment: Segment, config: BootConfig, tmp_path: Path
) -> None:
    found = play(recorded, segment, replace(config, lease=timedelta(minutes=30)), tmp_path / "run")
    assert found.verdict.valid is False
    assert {str(one) for one in found.differences} == {"option 51, Address Time: 3600 recorded, 1800 now"}
    assert len(found.differences) == 6, "of three offers and three acknowledgements"


def test_a_changed_script_and_a_changed_address_are_named(
    recorded: Dialogue, segment: Segment, config: BootConfig, tmp_path: Path
) -> None:
    (first, *others) = config.reservations
    moved = Reservation(first.name, first.mac, IPv4Address("192.168.100.77"))
    changed = replace(config, kernel_arguments=("quiet", KEYS), reservations=(moved, *others))
    found = play(recorded, segment, changed, tmp_path / "run")
    assert {one.field for one in found.differences} == {"yiaddr", "content-length", "content"}
    told = [step.adapted for step in found.steps]
    assert [str(one) for one in told[1]] == [
        "option 50: 192.168.100.11 recorded, 192.168.100.77 sent: as the boot server says now"
    ]
    assert [step.outcome for step in found.steps if step.protocol == "TFTP"] == [Outcome.EQUAL] * 6


def test_a_client_that_nobody_knows_gets_no_answer(
    recorded: Dialogue, segment: Segment, config: BootConfig, tmp_path: Path
) -> None:
    discovers = replace(recorded, exchanges=recorded.exchanges[:2])
    found = play(discovers, segment, replace(config, reservations=()), tmp_path / "run", SHORT)
    assert (found.verdict.valid, found.verdict.exit_status) == (None, 3)
    assert [answer.outcome for step in found.steps for answer in step.answers] == [Outcome.MISSING] * 2


def test_a_question_that_the_field_left_open_is_answered_here(
    segment: Segment, config: BootConfig, recorded: Dialogue, tmp_path: Path
) -> None:
    silent = frames.written(tmp_path / "silent.pcapng", [recorded.exchanges[0].question.datagram.frame])
    found = play(dialogue_of(silent), segment, config, tmp_path / "run")
    assert [answer.outcome for step in found.steps for answer in step.answers] == [Outcome.EXTRA]
    assert found.verdict.valid is False


def test_nobody_is_there(recorded: Dialogue, segment: Segment) -> None:
    some = replace(recorded, exchanges=(recorded.exchanges[0], recorded.exchanges[2], recorded.exchanges[10]))
    found = replay(some, segment.client, "eth0", within=SHORT, server=IPv4Address("192.168.100.9"))
    assert found.verdict.valid is None
    assert [answer.excuse for step in found.steps for answer in step.answers] == [
        "", "nobody here has the address 192.168.100.9", "nobody here has the address 192.168.100.9",
    ]  # fmt: skip


def test_a_file_is_asked_for_without_dhcp(
    segment: Segment, config: BootConfig, recorded: Dialogue, tmp_path: Path
) -> None:
    elsewhere = IPv4Address("192.168.100.9")
    asked = recorded.exchanges[4].question.datagram
    way = frames.ASK._replace(src=asked.src, src_port=asked.src_port, dst=elsewhere, dst_port=69)
    back = frames.back(way)._replace(src_mac="02:00:00:00:00:09", dst_mac=way.src_mac, src_port=4000)
    some = [udp_frame(way, asked.payload), udp_frame(back, b"\0\6blksize\x001468\0")]
    path = frames.written(tmp_path / "tftp.pcapng", frames.numbered(some))
    files: dict[str, Path | bytes] = {}
    with BootServer(config, place=segment.server, folder=tmp_path / "run", files=files):
        found = replay(dialogue_of(path), segment.client, "eth0", server=config.address)
    assert found.verdict.valid is True, str(found)
    assert [one.what for one in found.steps[0].adapted] == ["its destination"]


def test_an_interface_that_is_missing_is_told(recorded: Dialogue, segment: Segment) -> None:
    with pytest.raises(OSError, match="No such device"):
        replay(recorded, segment.client, "eth9")
