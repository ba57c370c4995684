from __future__ import annotations

import errno
from pathlib import Path

import pytest

from harness.errors import HostError
from harness.sandbox import host


def test_everything_that_is_missing_is_said_at_once_with_its_remedy() -> None:
    wanted = [
        host.program("no-such-program", "pack-a"),
        host.file("/no/such/file", "pack-b"),
        host.account("n0b0dy", "c"),
    ]
    with pytest.raises(HostError) as caught:
        host.require([host.program("sh", "dash"), *wanted])
    assert str(caught.value).splitlines() == [
        "no program no-such-program: apt-get install pack-a, or run ci/setup",
        "no file /no/such/file: apt-get install pack-b, or run ci/setup",
        "no user n0b0dy: apt-get install c, or run ci/setup",
    ]


def test_nothing_missing_is_no_error(tmp_path: Path) -> None:
    host.require([host.program("sh", "dash"), host.file(str(tmp_path), "x"), host.account("root", "x")])


def test_a_device_must_be_open_to_this_user() -> None:
    assert host.device("/dev/null", "null").look() == ()
    (missing,) = host.device("/dev/no-such-device", "nosuch").look()
    assert str(missing) == (
        "there is no /dev/no-such-device: as root: modprobe nosuch; in a container: --device /dev/no-such-device"
    )


@pytest.mark.parametrize(
    "number, line",
    [
        (errno.EACCES, "/dev/x is closed to this user: as root: chmod 0666 /dev/x"),
        (errno.EPERM, "/dev/x is closed to this control group: in a container: --device /dev/x"),
        (errno.ENODEV, "there is no /dev/x: as root: modprobe x; in a container: --device /dev/x"),
        (errno.EIO, "/dev/x can't be opened (Input/output error): as root: chmod 0666 /dev/x"),
    ],
)
def test_why_a_device_can_t_be_opened_is_said_with_the_command_that_mends_it(number: int, line: str) -> None:
    assert str(host.closed_device("/dev/x", "x", number)) == line


def test_programs_for_administrators_are_found_by_every_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert host.find_program("sh")
    assert host.find_program("no-such-program") is None


def test_a_program_that_is_needed_is_there_or_told_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert host.need_program("sh", "dash") == host.find_program("sh")
    with pytest.raises(HostError, match="no program toyx: apt-get install toy, or run ci/setup"):
        host.need_program("toyx", "toy")
