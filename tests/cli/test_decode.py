from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.timeline import read
from harness.cli import main

DATA = Path(__file__).parents[1] / "capture/data"
UEFI = str(DATA / "pxe-uefi.pcapng")
BIOS = str(DATA / "pxe-bios.pcapng")
ETCD = str(DATA / "etcd-3.4.23-leader-kill.pcap")
SERF = str(DATA / "serf-0.9.4-node-death.pcap")
PROGRAM = "import sys; from harness.cli import main; sys.exit(main())"


def objects(text: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    *events, last = [json.loads(line) for line in text.splitlines()]
    assert list(last) == ["summary"]
    assert all("kind" in event and "summary" not in event for event in events)
    return events, last["summary"]


def harness(*words: str, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401 - Popen's own
    return subprocess.Popen([sys.executable, "-c", PROGRAM, *words], **options)


def test_programs_get_an_object_for_each_event_and_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", UEFI]) == 0
    events, summary = objects(capsys.readouterr().out)
    wire = read(Path(UEFI))
    assert [(event["frame"], event["kind"]) for event in events[:9]] == [
        (event.frame, event.kind) for event in wire.events[:9]
    ]
    assert len(events) == len(wire)
    assert Decimal(events[0]["time"]) * 10**9 == wire.events[0].time
    assert {"time", "frame", "link", "protocol", "kind", "src", "dst"} <= set(events[0])
    assert summary["frames"] == 1455
    assert sum(summary["events"].values()) + summary["malformed"] + summary["gaps"] == len(events)
    assert summary["events"]["dhcp"] == len(wire.dhcp.messages())


def test_people_get_aligned_lines_and_a_last_one_with_the_counts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--protocol", "dhcp", UEFI]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert len(lines) == 14
    assert lines[0].startswith("  2.504284764      6  tap0      0.0.0.0:68 > 255.255.255.255:67")
    assert len({line.index("dhcp-") for line in lines}) == 1
    assert last == "1455 frames, 14 events (14 dhcp), 0 malformed, 0 gaps"


def test_times_are_shown_as_asked(capsys: pytest.CaptureFixture[str]) -> None:
    first = read(Path(UEFI)).dhcp.discovers()[0].time
    for clock, start in (("absolute", "2026-11-21T0"), ("epoch", f"{first // 10**9}.")):
        assert main(["decode", "--protocol=dhcp", f"--time={clock}", UEFI]) == 0
        assert capsys.readouterr().out.startswith(start)


def test_several_files_are_merged_by_time_and_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", UEFI, BIOS, "-p", "dhcp", "-p", "tftp"]) == 0
    events, summary = objects(capsys.readouterr().out)
    times = [event["time"] for event in events]
    assert times == sorted(times)
    assert {event["capture"] for event in events} == {UEFI, BIOS}
    assert summary["frames"] == 1455 + 290
    assert set(summary["events"]) == {"dhcp", "tftp"}
    assert main(["decode", UEFI, BIOS, "-p", "dhcp"]) == 0
    assert f"{BIOS}:5 " in capsys.readouterr().out


def test_ports_may_be_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", "--json", SERF]) == 0
    assert "gossip" not in objects(capsys.readouterr().out)[1]["events"]
    assert main(["decode", "--json", SERF, "--port", "gossip=27946,27947,27948"]) == 0
    assert objects(capsys.readouterr().out)[1]["events"]["gossip"] >= 172
    assert main(["decode", "--json", ETCD, "--port=raft=24801,24802", "--port=raft=24803", "-p", "raft"]) == 0
    assert objects(capsys.readouterr().out)[1]["events"] == {"raft": 372}


@pytest.mark.parametrize(
    "words, said",
    [
        (["--protocol=smtp", UEFI], "'smtp' is not one of"),
        (["--link=wan", UEFI], f"{UEFI}: no link wan; there are: tap0"),
        (["--port=raft=x", UEFI], "--port raft=x: expected one of gossip, http, raft"),
        (["--port=dhcp=68", UEFI], "--port dhcp=68: expected"),
        (["--port=raft=70000", UEFI], "from 1 to 65535"),
        (["/none/such"], "/none/such: can't be read: No such file or directory"),
        (
            ["/none/such", UEFI, "/"],
            "/none/such: can't be read: No such file or directory\n/: can't be read: Is a directory",
        ),
        (["/dev/null"], "/dev/null: byte 0: an empty file, expected a pcapng or pcap file"),
        ([str(Path(__file__))], "byte 0: a file that starts with 66 72 6f 6d"),
        ([], "Missing argument"),
        (["-", "-"], "standard input can be read only once"),
    ],
)
def test_what_can_not_be_used_is_said(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["decode", *words]) == 2
    assert said in capsys.readouterr().err


def test_a_file_that_is_cut_off_gives_what_it_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "cut.pcapng"
    path.write_bytes(Path(UEFI).read_bytes()[:-5])
    assert main(["decode", "--json", str(path)]) == 1
    told = capsys.readouterr()
    _, summary = objects(told.out)
    assert summary["frames"] == 1454
    assert summary["notes"] == told.err.splitlines()
    assert "is cut off after" in told.err


def test_compressed_files_are_unpacked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wire.pcapng.gz"
    path.write_bytes(gzip.compress(Path(UEFI).read_bytes()))
    assert main(["decode", str(path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith("1455 frames")


def test_a_reader_that_has_seen_enough_ends_it_quietly() -> None:
    with harness("decode", "--json", *[ETCD] * 8, "--port=raft=24801,24802,24803", stdout=-1, stderr=-1) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 0


def test_a_pipe_is_told_while_it_is_still_written() -> None:
    ours, theirs = os.pipe()
    with (
        os.fdopen(theirs, "wb", buffering=0) as file,
        harness("decode", "-p", "dhcp", "-", stdin=ours, stdout=-1) as process,
    ):
        os.close(ours)
        assert process.stdout is not None
        data = Path(UEFI).read_bytes()
        file.write(data[:40_000])
        assert b"dhcp-discover" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert b" frames, " in process.stdout.read().splitlines()[-1]
        assert process.wait(30) == 0


def test_a_file_without_frames_has_no_events(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.pcapng"
    Writer.create(path, ["segment"]).close()
    assert main(["decode", str(path)]) == 0
    assert capsys.readouterr().out == "0 frames, 0 events, 0 malformed, 0 gaps\n"
