"""Programs that install a machine: real ones, which look at what they are given and fail in every way."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path, PurePosixPath

import pytest

from harness.errors import LabError
from harness.machines.keys import generate_key
from harness.provisioning.files import SECRET, Entry, File, Folder
from harness.provisioning.own_installer import Access, OwnInstallation, OwnPlan, install_by_program
from harness.sandbox.waiting import HEALTHY, gone
from harness.units import seconds

KEY = generate_key("lab")
ENTRIES: dict[PurePosixPath, Entry] = {
    PurePosixPath("/etc/nixos/secrets"): Folder(0o700),
    PurePosixPath("/etc/nixos/secrets/node01.key"): File(b"a secret", SECRET),
}


def install(
    folder: Path, script: str, *, within: timedelta = 20 * seconds, environment: Mapping[str, str] | None = None
) -> list[Access]:
    """Have a shell install node01, and return what it was given."""
    given: list[Access] = []

    def installation(access: Access) -> OwnInstallation:
        given.append(access)
        words = ("sh", "-c", script, "sh", str(access.key), str(access.files), access.address)
        return OwnInstallation(words, within, environment or {})

    plan = OwnPlan(ENTRIES, installation, "node01 login:", folder / "private", folder / "evidence" / "node01.log")
    install_by_program("node01", "192.168.100.11", plan, KEY, HEALTHY)
    return given


def output(folder: Path) -> str:
    return (folder / "evidence" / "node01.log").read_text()


def test_the_program_is_given_the_key_and_the_files_with_their_modes_which_are_gone_afterwards(tmp_path: Path) -> None:
    look = 'stat -c %a "$1" "$2/etc/nixos/secrets" "$2/etc/nixos/secrets/node01.key"; cat "$1"; echo "$3"'
    (access,) = install(tmp_path, look)
    assert output(tmp_path) == f"600\n700\n600\n{KEY.private}192.168.100.11\n"
    assert (access.machine, access.address) == ("node01", "192.168.100.11")
    assert list((tmp_path / "private").iterdir()) == []
    assert (tmp_path / "private").stat().st_mode & 0o777 == 0o700


def test_its_environment_is_ours_and_what_was_given_for_it(tmp_path: Path) -> None:
    install(tmp_path, 'echo "$PATH"; echo "$NIX_CONFIG"', environment={"NIX_CONFIG": "cores = 1"})
    assert output(tmp_path) == f"{os.environ['PATH']}\ncores = 1\n"


def test_a_program_that_fails_is_told_with_its_last_lines_and_the_evidence(tmp_path: Path) -> None:
    with pytest.raises(LabError) as caught:
        install(tmp_path, "seq 20; echo no disk >&2; exit 3")
    told = str(caught.value)
    assert told.startswith("node01, phase installation: sh ended with status 3\nlast console lines:\n  10\n")
    assert told.endswith(f"  20\n  no disk\nevidence: {tmp_path}/evidence/node01.log")
    assert list((tmp_path / "private").iterdir()) == []


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    with pytest.raises(LabError, match=r"sh did not end within 1\.0 s\nlast console lines:\n  \d+"):
        install(tmp_path, "sleep 60 & echo $!; wait", within=1 * seconds)
    child = re.search(r"\d+", output(tmp_path))
    assert child is not None
    gone("the program's child", lambda: is_running(child[0]), within=5 * seconds)


def test_a_program_that_ends_takes_along_what_it_left_running(tmp_path: Path) -> None:
    install(tmp_path, "sleep 60 & echo $!")
    gone("the program's child", lambda: is_running(output(tmp_path).strip()), within=5 * seconds)


def test_a_program_that_can_t_be_started_is_told(tmp_path: Path) -> None:
    plan = OwnPlan(
        {}, lambda _: OwnInstallation((str(tmp_path),), 1 * seconds), "booted", tmp_path / "private", tmp_path / "log"
    )
    with pytest.raises(LabError, match=r"node01, phase installation: could not start .*: Permission denied"):
        install_by_program("node01", "192.168.100.11", plan, KEY, HEALTHY)


def is_running(process: str) -> list[str]:
    """Return the process where it runs; one that has ended is none, also where nobody has asked for its status yet."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return []
    return [] if state == "Z" else [process]
