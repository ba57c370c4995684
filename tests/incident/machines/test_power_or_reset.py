from __future__ import annotations

import pytest

from harness.incident.machines.lives import Life
from harness.incident.machines.power_or_reset import decide, has_firmware, usual_start
from tests.incident.records import SECOND, Journal

FIRMWARE = "Startup finished in 6.5s (firmware) + 4.5s (loader) + 2s (kernel) + 9s (userspace) = 22s."


def life(journal: Journal) -> Life:
    return Life(journal.host, journal.boot, tuple(journal.lines))


def old(last: str = "all is well", by: str = "kernel") -> Journal:
    return Journal("node02").says(1, "hello", by="etcd").says(30, last, by=by)


def new(said: str = "Linux version 6.1.0-28-amd64", by: str = "kernel") -> Life:
    started = old().reboots(40).says(41, "Linux version 6.1.0-28-amd64", by="kernel")
    return life(started.says(42, said, by=by))


@pytest.mark.parametrize(
    "last",
    ["sysrq: Resetting", "Kernel panic - not syncing: Fatal exception", "Rebooting in 10 seconds.."],
)
def test_the_kernels_last_words_tell_of_a_reset(last: str) -> None:
    found = decide(life(old(last)), new(), 90 * SECOND, usual=None)
    assert (found.reset, found.confidence) == (True, 0.95)
    assert found.line is not None
    assert found.line.entry.message == last
    assert decide(life(old(last, by="etcd")), new(), 90 * SECOND, usual=None).line is None


@pytest.mark.parametrize(
    "first,reset",
    [
        (
            "x86/amd: Previous system reset reason [0x00080800]: software wrote 0x6 to 0xCF9",
            True,
        ),
        ("x86/amd: Previous system reset reason [0x08000800]: an uncorrected power supply error", False),
        ("iTCO_wdt: last reboot was caused by the watchdog", True),
        ("ipmi_si: power failure detected before this start", False),
    ],
)
def test_the_next_kernel_may_know_why_it_starts(first: str, *, reset: bool) -> None:
    found = decide(life(old()), new(first), 5 * SECOND, usual=None)
    assert (found.reset, found.confidence) == (reset, 0.95)


@pytest.mark.parametrize("off,reset", [(1, True), (3, False), (90, False)])
def test_what_firmware_took_decides_where_systemd_tells(off: float, *, reset: bool) -> None:
    found = decide(life(old()), new(FIRMWARE, by="systemd"), round(off * SECOND), usual=None)
    assert (found.reset, found.confidence) == (reset, 0.95)


@pytest.mark.parametrize("off,reset", [(80, True), (100, False)])
def test_else_what_its_starts_take_otherwise(off: int, *, reset: bool) -> None:
    found = decide(life(old()), new(), off * SECOND, usual=85 * SECOND)
    assert (found.reset, found.confidence) == (reset, 0.8)


@pytest.mark.parametrize("off,reset,sure", [(1, True, 0.55), (9, True, 0.55), (20, False, 0.6), (90, False, 0.9)])
def test_else_it_can_hardly_be_told(off: int, sure: float, *, reset: bool) -> None:
    found = decide(life(old()), new(), off * SECOND, usual=None)
    assert (found.reset, found.confidence) == (reset, sure)
    assert f"off for {off}.0 s" in found.why


def test_what_has_no_kernel_of_its_own_has_no_reset_button() -> None:
    started = life(old().reboots(40).says(41, "hello", by="etcd"))
    assert not has_firmware(started)
    assert decide(life(old()), started, 1, usual=None).reset is False


def test_a_start_in_good_order_tells_what_starts_take() -> None:
    down = old().says(31, "Reached target Reboot.", by="systemd")
    up = down.reboots(43).says(44, "Linux version 6.1.0-28-amd64", by="kernel")
    assert usual_start([[life(down), life(up)]]) == 12 * SECOND
    assert usual_start([[life(old()), life(up)], []]) is None
