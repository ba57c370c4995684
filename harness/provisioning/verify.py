"""Asking a running machine whether it has what was declared: its disk, its file systems, its files' modes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from harness.errors import LabError
from harness.provisioning.differences import FINDMNT, LSBLK, LVS, differences
from harness.provisioning.files import secrets
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from harness.machines.ssh import SshSession
    from harness.provisioning.differences import Report
    from harness.provisioning.files import Entry
    from harness.topology.firmware import Firmware
    from harness.topology.model import DiskLayout

QUESTION_LIMIT = 10 * seconds
STAT = ("stat", "--printf", r"%a %u:%g %n\n")


def verify(
    session: SshSession, disk: DiskLayout, firmware: Firmware, entries: Mapping[PurePosixPath, Entry]
) -> list[str]:
    """Return how the running machine differs from its layout and its secrets' modes; none where it does not.

    Raises `LabError` where it can't be asked.
    """
    lsblk, lvs, findmnt = (ask(session, question) for question in (LSBLK, LVS, FINDMNT))
    return [
        *differences(disk, firmware, lsblk=lsblk, lvs=lvs, findmnt=findmnt),
        *_secret_differences(session, entries),
    ]


def ask(session: SshSession, question: Sequence[str]) -> Report:
    """Run a command that answers in JSON, and return its answer. Raises `LabError` where that is none."""
    done = session.run(question, within=QUESTION_LIMIT)
    try:
        answer: Report = json.loads(done.stdout)
    except ValueError as error:
        message = f"`{' '.join(question)}` did not answer in JSON: {error}"
        raise LabError(message, machine=session.machine, console=done.text.splitlines()) from error
    return answer


def _secret_differences(session: SshSession, entries: Mapping[PurePosixPath, Entry]) -> Iterator[str]:
    declared = {str(path): f"{file.mode:o} 0:0" for path, file in secrets(entries)}
    if not declared:
        return
    done = session.run([*STAT, *declared], within=QUESTION_LIMIT, check=False)
    found = {path: f"{mode} {owner}" for mode, owner, path in _stat_lines(done.text)}
    for path, expected in declared.items():
        if path not in found:
            yield f"there is no file {path}"
        elif found[path] != expected:
            yield f"{path} has mode and owner {found[path]}, declared {expected}"


def _stat_lines(text: str) -> Iterator[tuple[str, str, str]]:
    for line in text.splitlines():
        mode, owner, path = line.split(" ", 2)
        yield mode, owner, path
