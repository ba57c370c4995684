from __future__ import annotations

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
    assert host.device("/dev/null", "").is_met()
    assert not host.device("/dev/no-such-device", "").is_met()


def test_programs_for_administrators_are_found_by_every_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert host.find_program("sh")
    assert host.find_program("no-such-program") is None
