from __future__ import annotations

import pytest

from harness.incident.machines.lives import lives
from tests.incident.records import Journal, at

NAMES = {"node01": "node01", "node01.plasma.local": "node01"}


def test_lines_are_grouped_by_boot_in_the_order_of_the_clock_that_nobody_sets() -> None:
    first = Journal("node01").says(5, "later").says(9, "last", ahead=-3600)
    second = first.reboots(60).says(62, "Linux version 6.1.0", by="kernel")
    stranger = Journal("printer").says(7, "hello")
    found = lives([*second.lines, *reversed(first.lines), *stranger.lines], NAMES)
    assert list(found) == ["node01"]
    assert [[line.entry.message for line in life.lines] for life in found["node01"]] == [
        ["later", "last"],
        ["Linux version 6.1.0"],
    ]


def test_a_kernel_starts_where_its_clock_does_and_a_container_where_it_speaks() -> None:
    journal = Journal("node01").reboots(60).says(64, "Linux version 6.1.0", by="kernel")
    (life,) = lives(journal.lines, NAMES)["node01"]
    assert life.started(after=at(50)) == at(60)
    assert life.started(after=at(61)) == at(64)
    assert life.started(after=at(70)) == at(70)


@pytest.mark.parametrize(
    "message,by,is_goodbye",
    [
        ("The system will power off now!", "systemd-logind", True),
        ("The system will reboot now!", "systemd-logind", True),
        ("System is rebooting.", "systemd-logind", True),
        ("Reached target umount.target - Unmount All Filesystems.", "systemd", True),
        ("Reached target reboot.target - System Reboot.", "systemd", True),
        ("Reached target Power-Off.", "systemd", True),
        ("Syncing filesystems and block devices.", "systemd-shutdown", True),
        ("Reached target multi-user.target - Multi-User System.", "systemd", False),
        ("System is rebooting", "chatty", False),
        ("Reached target initrd-switch-root.target - Switch Root.", "systemd", False),
    ],
)
def test_what_a_goodbye_is(message: str, by: str, *, is_goodbye: bool) -> None:
    (life,) = lives(Journal("node01").says(1, "x").says(2, message, by=by).lines, NAMES)["node01"]
    assert (life.goodbye is not None) is is_goodbye


def test_a_goodbye_is_known_by_its_identifier_whatever_its_language() -> None:
    journal = Journal("node01").says(2, "Das System wird neu gestartet", message_id="98268866d1d54a499c4e98921d93bc40")
    (life,) = lives(journal.lines, NAMES)["node01"]
    assert life.goodbye is not None
