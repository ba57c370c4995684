from __future__ import annotations

import pytest

from harness.faults.power import PowerCut, Reset
from harness.faults.sites import SiteLoss
from harness.incident.machines import faults as machine_faults
from harness.incident.machines.scene import NO_ADDRESS
from harness.topology.loader import load
from tests.incident.records import SECOND, T036, TOPOLOGIES, Journal, at, every, frames, record

THREE_SITES = load(TOPOLOGIES / "three-sites.yaml")


def up(host: str) -> Journal:
    return Journal(host).says(1, "etcd: ready to serve client requests", by="etcd", unit="etcd.service")


def rebooted(journal: Journal, kernel: float) -> Journal:
    boot = journal.reboots(kernel)
    boot.says(kernel + 3, "Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org)", by="kernel")
    boot.says(
        kernel + 4, "File /var/log/journal/1/system.journal corrupted or uncleanly shut down.", by="systemd-journald"
    )
    return boot


def test_power_that_was_cut_is_seen_from_the_last_frame_to_the_new_kernel() -> None:
    old = up("node02").says(28, "applied index 7", by="etcd")
    sent = frames(T036, "node02", [*every(0.1, 0, 30), *every(0.1, 66, 80)])
    (found,) = machine_faults.find(record(old, rebooted(old, 60), packets=sent))
    assert found.fault == PowerCut(("node02",))
    assert found.began == pytest.approx(at(29.9), abs=SECOND / 10)
    assert found.ended == at(60)
    assert found.confidence >= 0.5
    assert any("corrupted or uncleanly shut down" in one.shows for one in found.evidence)


def test_what_firmware_took_is_no_time_without_power() -> None:
    old = up("node02")
    new = rebooted(old, 60).says(
        75, "Startup finished in 6.5s (firmware) + 4.5s (loader) + 2s (kernel) + 9s (userspace) = 22s."
    )
    sent = frames(T036, "node02", every(0.1, 0, 40))
    (found,) = machine_faults.find(record(old, new, packets=sent))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(49))


def test_a_machine_that_is_back_at_once_was_reset() -> None:
    old = up("node02")
    new = rebooted(old, 60).says(
        75, "Startup finished in 6.5s (firmware) + 4.5s (loader) + 2s (kernel) + 9s (userspace) = 22s."
    )
    (found,) = machine_faults.find(record(old, new, packets=frames(T036, "node02", every(0.1, 0, 48.9))))
    assert (found.fault, found.ended) == (Reset(("node02",)), None)
    assert found.began == pytest.approx(at(48.8), abs=SECOND / 10)


def test_firmware_that_asks_for_an_address_shows_that_power_is_back() -> None:
    old = up("node02")
    asks = frames(T036, "node02", [55, 59, 67], src=min(NO_ADDRESS), carries="udp")
    sent = [*frames(T036, "node02", every(0.1, 0, 30)), *asks]
    (found,) = machine_faults.find(record(old, rebooted(old, 70), packets=sent))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(55))


@pytest.mark.parametrize(
    "goodbye",
    [
        ("The system will reboot now!", "systemd-logind"),
        ("Reached target shutdown.target - System Shutdown.", "systemd"),
        ("Reached target Reboot.", "systemd"),
        ("Journal stopped", "systemd-journald"),
    ],
)
def test_a_reboot_in_good_order_is_told_and_no_fault(goodbye: tuple[str, str]) -> None:
    old = up("node02").says(30, goodbye[0], by=goodbye[1])
    told = record(old, rebooted(old, 40), packets=frames(T036, "node02", every(0.1, 0, 30)))
    assert machine_faults.find(told) == []
    (seen,) = machine_faults.observe(told)
    assert (seen.who, seen.began, seen.ended) == ("node02", at(30), at(40))


def test_a_journal_that_was_restarted_is_no_goodbye() -> None:
    old = (
        up("node02").says(5, "Journal stopped", by="systemd-journald").says(6, "Journal started", by="systemd-journald")
    )
    old.says(30, "applied index 7", by="etcd")
    (found,) = machine_faults.find(record(old, rebooted(old, 90)))
    assert found.fault == PowerCut(("node02",))


def test_a_container_has_its_hosts_monotonic_clock() -> None:
    old = Journal("node02", up=5000).says(30, "applied index 7", by="etcd")
    new = Journal("node02", boot="c" * 32, up=5000).says(38, "Journal started", by="systemd-journald")
    (found,) = machine_faults.find(record(old, new))
    assert (found.fault, found.began, found.ended) == (PowerCut(("node02",)), at(30), at(38))


def test_machines_of_a_site_that_go_dark_together_are_its_loss() -> None:
    site = THREE_SITES.sites[0].name
    names = [machine.name for machine in THREE_SITES.machines if machine.site == site]
    journals = [up(name).says(30 + place / 10, "x", by="etcd") for place, name in enumerate(names)]
    again = [rebooted(journal, 60 + place) for place, journal in enumerate(journals)]
    (found,) = machine_faults.find(record(*journals, *again, topology=THREE_SITES))
    assert (found.fault, found.began, found.ended) == (SiteLoss((site,)), at(30), at(60))


def test_machines_that_lose_their_power_together_lose_it_by_one_cause() -> None:
    journals = [up(name).says(30 + place / 10, "x", by="etcd") for place, name in enumerate(("node03", "node01"))]
    again = [rebooted(journal, 60 + place) for place, journal in enumerate(journals)]
    (found,) = machine_faults.find(record(*journals, *again))
    assert (found.fault, found.began, found.ended) == (PowerCut(("node01", "node03")), at(30), at(60))


def test_one_boot_tells_of_no_fault() -> None:
    told = record(up("node01"), up("node02"), packets=frames(T036, "node01", every(0.1, 0, 100)))
    assert machine_faults.find(told) == []
    assert machine_faults.observe(told) == []


def woken(kernel: float) -> Journal:
    """Return what a virtual machine's journal had when its power was back: nothing of the boot before was synced."""
    boot = Journal("node02", up=0.0, started=kernel)
    boot.says(kernel, "Linux version 6.1.0-56-cloud-amd64 (debian-kernel@lists.debian.org)", by="kernel")
    boot.says(kernel + 6.661, "EXT4-fs (dm-0): recovery complete", by="kernel")
    boot.says(
        kernel + 7.64,
        "File /var/log/journal/1/system.journal corrupted or uncleanly shut down, renaming and replacing.",
        by="systemd-journald",
    )
    return boot


def test_power_that_was_cut_is_seen_though_no_line_of_the_boot_before_is_left() -> None:
    sent = frames(T036, "node02", [*every(0.1, 0, 30), *every(0.1, 66, 80)])
    (found,) = machine_faults.find(record(woken(60), packets=sent))
    assert (found.fault, found.ended) == (PowerCut(("node02",)), at(60))
    assert found.began == pytest.approx(at(29.9), abs=SECOND / 10)
    assert found.confidence >= 0.5
    assert [one.shows.partition(":")[0] for one in found.evidence][1:] == [
        "node02's last frame",
        "kernel",
        "systemd-journald",
    ]


def test_what_ended_its_connections_first_was_restarted_in_good_order() -> None:
    last = frames(T036, "node02", [29.9], flags=0x11)
    told = record(woken(60), packets=[*frames(T036, "node02", every(0.1, 0, 29.9)), *last])
    assert machine_faults.find(told) == []


def test_a_machine_of_which_nothing_was_heard_was_off() -> None:
    assert machine_faults.find(record(woken(60), packets=frames(T036, "node02", every(0.1, 66, 80)))) == []
