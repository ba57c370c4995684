from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

import pytest

from harness.errors import LabError
from harness.machines.commands import Completed
from harness.provisioning.files import Entry, File
from harness.provisioning.verify import ask, verify
from harness.topology.firmware import Firmware
from harness.topology.model import DiskLayout
from harness.units import GiB, seconds
from tests.machines import sshd
from tests.provisioning import reports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from harness.machines.ssh import SshSession

T036 = DiskLayout()
KEY, CERTIFICATE = PurePosixPath("/etc/nixos/secrets/node01.key"), PurePosixPath("/etc/nixos/secrets/node01.crt")
ENTRIES: dict[PurePosixPath, Entry] = {KEY: File(b"", 0o600), CERTIFICATE: File(b"")}


class Machine:
    """A machine that answers as one with T036's layout does, and says of its key what the test wants."""

    machine = "node01"

    def __init__(self, stat: str) -> None:
        self._answers = {
            "lsblk": json.dumps(reports.lsblk(T036, Firmware.UEFI, 100 * GiB)),
            "lvs": json.dumps(reports.lvs(T036, Firmware.UEFI, 100 * GiB)),
            "findmnt": json.dumps(reports.findmnt(T036, Firmware.UEFI)),
            "stat": stat,
        }

    def run(self, command: Sequence[str], **_: object) -> Completed:
        return Completed(tuple(command), 0, self._answers[command[0]].encode(), b"", 0 * seconds)


@pytest.mark.parametrize(
    "stat,told",
    [
        (f"600 0:0 {KEY}\n", []),
        (f"644 0:0 {KEY}\n", [f"{KEY} has mode and owner 644 0:0, declared 600 0:0"]),
        (f"600 1000:0 {KEY}\n", [f"{KEY} has mode and owner 600 1000:0, declared 600 0:0"]),
        ("", [f"there is no file {KEY}"]),
    ],
)
def test_secrets_are_looked_at(stat: str, told: list[str]) -> None:
    assert verify(Machine(stat), T036, Firmware.UEFI, ENTRIES) == told  # type: ignore[arg-type]


def test_the_other_firmwares_layout_is_told() -> None:
    assert verify(Machine(f"600 0:0 {KEY}\n"), T036, Firmware.BIOS, ENTRIES)  # type: ignore[arg-type]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[SshSession]:
    with sshd.serving(tmp_path) as server, server.session() as session:
        yield session


def test_an_answer_that_is_no_json_is_told_with_the_machine(session: SshSession) -> None:
    assert ask(session, ["echo", '{"a": 1}']) == {"a": 1}
    with pytest.raises(LabError, match=r"node01: `echo \{` did not answer in JSON"):
        ask(session, ["echo", "{"])
