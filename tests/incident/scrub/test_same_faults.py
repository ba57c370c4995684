"""What is inferred of a scrubbed incident is what is inferred of the original, under other names."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from harness.capture.frames import Frame
from harness.incident.diagnosis import telling
from harness.incident.inquiry import inquire
from harness.incident.scrub import scrub
from tests.capture import build
from tests.incident.field import pcap, said
from tests.incident.records import EPOCH, SECOND, TOPOLOGIES

HOSTS = {f"node0{n}": f"192.168.100.1{n}" for n in (1, 2, 3)}
TICK = SECOND // 10
SECONDS = 40
CUT = range(15 * SECOND, 23 * SECOND)
MACS = {address: f"52:54:00:00:01:0{n}" for n, address in enumerate(HOSTS.values(), 1)}


def heartbeats(seen_by: str) -> list[Frame]:
    """What a capture on a machine's cable has of members that talk, of which node02 is cut off for a while.

    Who gets no answer says the same again; what node02 sends meanwhile never gets to the others.
    """
    found = []
    for at in range(0, SECONDS * SECOND, TICK):
        for one in HOSTS.values():
            for other in HOSTS.values():
                cut = at in CUT and HOSTS["node02"] in (one, other)
                if one == other or seen_by not in (one, other) or (cut and seen_by != one):
                    continue
                since = CUT.start if cut else at
                number = 1 + since // TICK * 8
                found.append(
                    said(
                        one, other, time=EPOCH + at + int(one[-1]), payload=b"beating!", sequence=number,
                        flags=build.ACK, by=MACS[one], to=MACS[other],
                    )
                )  # fmt: skip
    return found


def incident(folder: Path) -> Path:
    folder.mkdir()
    shutil.copy(TOPOLOGIES / "t036.yaml", folder)
    for name in ("node01", "node03"):
        (folder / f"{name}.pcap").write_bytes(pcap(heartbeats(HOSTS[name])))
    died = "chainfire.service: Main process exited, code=killed, status=9/KILL"
    for name in HOSTS:
        with (folder / f"{name}.json").open("w") as file:
            for at in range(0, SECONDS, 2):
                message = died if (name, at) == ("node03", 30) else f"node02 is {'lost' if 16 < at < 24 else 'there'}"
                entry = {
                    "__REALTIME_TIMESTAMP": str((EPOCH + at * SECOND) // 1000),
                    "__MONOTONIC_TIMESTAMP": str((at + 100) * 10**6),
                    "_BOOT_ID": name[-1] * 32,
                    "_HOSTNAME": name,
                    "_SYSTEMD_UNIT": "init.scope",
                    "UNIT": "chainfire.service",
                    "SYSLOG_IDENTIFIER": "systemd",
                    "MESSAGE": message,
                }
                file.write(json.dumps(entry) + "\n")
    return folder


def found(folder: Path) -> list[tuple[str, Any, Any, Any]]:
    told: Any = telling.as_json(inquire(folder))
    return sorted(
        (one["fault"].split()[0], one["began"]["ns"], one["ended"] and one["ended"]["ns"], one["confidence"])
        for one in (*told["findings"], *told["doubtful"])
    )


def test_the_same_faults_at_the_same_times(tmp_path: Path) -> None:
    original = incident(tmp_path / "incident")
    report = scrub(original, tmp_path / "scrubbed")
    assert report.complete, str(report)
    before = found(original)
    assert "kill" in {kind for kind, *_ in before}
    assert {"isolate", "cut", "split", "deafen"} & {kind for kind, *_ in before}
    assert found(tmp_path / "scrubbed") == before
