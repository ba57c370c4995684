from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.faults.words import describe
from harness.incident.diagnosis import explaining
from harness.incident.diagnosis.reach import Places
from harness.incident.diagnosis.settling import Reboot, Settling, Start
from harness.incident.finding import Finding
from harness.topology.loader import load
from tests.incident.findings import SECOND, TOPOLOGIES, found, record

PLACES = Places(load(TOPOLOGIES / "t036.yaml"))
SITES = Places(load(Path(TOPOLOGIES / "three-sites.yaml")))


def causes(*findings: Finding, places: Places = PLACES) -> list[str]:
    return [describe(one.fault) for one in explaining.causes(places, findings)[0]]


@pytest.mark.parametrize(
    "cause,effect",
    [
        (found("power-cut node02", 10, 16), found("isolate node02", 9.8, 20)),
        (found("power-cut node02", 10, 16), found("kill node02 etcd", 10)),
        (found("power-cut node02", 10, 16), found("split node01 node02", 10, 18)),
        (found("pause node02", 10, 16), found("isolate node02", 10.1, 16.2)),
        (found("flap node02", 10, 16), found("isolate node02", 12, 12.5)),
        (found("isolate node02", 10, 16), found("impair node02 loss=20%", 11, 17)),
        (found("isolate node02", 10, 16), found("deafen node02 node01", 10, 16)),
        (found("kill node02 etcd", 10), found("drop node02 tcp port=2380", 10, 11)),
        (found("pause-process node02 etcd", 10, 16), found("drop node02 tcp port=2380", 10, 16)),
    ],
)
def test_a_cause_is_told_and_what_follows_from_it_is_not(cause: Finding, effect: Finding) -> None:
    assert causes(effect, cause) == [describe(cause.fault)]


@pytest.mark.parametrize(
    "line,ended", [("power-cut node02", 16), ("reset node02", None), ("disk-read-only node02", 16)]
)
def test_what_a_machine_misses_until_all_of_it_has_started_follows_from_its_restart(
    line: str, ended: float | None
) -> None:
    effect, cause = found("isolate node02", 18, 58), found(line, 10, ended)
    settling = Settling({"node02": [Start(25 * SECOND, 57 * SECOND)]})
    assert explaining.causes(PLACES, [effect, cause], settling)[0] == [cause]
    assert explaining.causes(PLACES, [effect, cause])[0] == [effect, cause]


@pytest.mark.parametrize(
    "one,other",
    [
        (found("power-cut node02", 10, 16), found("isolate node03", 10, 16)),
        (found("power-cut node02", 10, 16), found("isolate node02", 40, 46)),
        (found("isolate node02", 10, 16), found("kill node02 etcd", 12)),
        (found("deafen node02 node01", 10, 16), found("isolate node02", 10, 16, 0.4)),
        (found("power-cut node02", 10, 16, 0.3), found("isolate node02", 10, 16)),
        (found("impair node01 delay=60ms", 10, 20), found("kill node03 etcd", 12)),
    ],
)
def test_what_has_nothing_to_do_with_each_other_stays(one: Finding, other: Finding) -> None:
    assert len(causes(one, other)) == (1 if other.confidence < 0.5 and one.confidence < 0.5 else 2)


def test_a_lost_site_explains_its_machines() -> None:
    site = found("site-loss b", 10, 20)
    assert causes(found("power-cut node04", 10, 20), site, found("wan-loss a--b", 10, 21), places=SITES) == [
        "site-loss b"
    ]


def test_the_same_that_nearly_overlaps_is_one() -> None:
    one, other, later = (
        found("isolate node02", 10, 12),
        found("cut node02", 12.5, 15, 0.7),
        found("isolate node02", 40, 42),
    )
    first, second = explaining.joined(PLACES, [later, other, one])
    assert (first.began, first.ended, describe(first.fault)) == (10 * SECOND, 15 * SECOND, "isolate node02")
    assert first.confidence == pytest.approx(0.97)
    assert len(first.evidence) == 2
    assert second == later


def test_what_has_not_ended_stays_so_when_it_is_joined() -> None:
    (one,) = explaining.joined(PLACES, [found("isolate node02", 10, 12), found("isolate node02", 11)])
    assert one.ended is None


def test_a_journal_that_goes_on_refutes_a_power_cut() -> None:
    cut = found("power-cut node02", 10, 16)
    going_on = record((5, "node02", "a"), (13, "node02", "b"))
    (weak,) = explaining.refuted(going_on, PLACES, [cut])
    assert weak.confidence == explaining.REFUTED
    assert str(weak.evidence[-1]) == "j.json:2: the journal goes on in the same boot"
    silent = record((5, "node02", "a"), (13, "node01", "b"), (17, "node02", "c"))
    assert explaining.refuted(silent, PLACES, [cut]) == [cut]


def test_a_reset_and_a_power_cut_of_one_machine_are_one() -> None:
    reset, cut = found("reset node02", 10, confidence=0.55), found("power-cut node02", 10.2, 16, confidence=0.7)
    (both,) = explaining.joined(PLACES, [reset, cut])
    assert (both.fault, both.began, both.ended) == (cut.fault, reset.began, cut.ended)
    (sure,) = explaining.joined(PLACES, [replace(reset, confidence=0.9), cut])
    assert (sure.fault, sure.ended) == (reset.fault, None)


@pytest.mark.parametrize("cause", ["isolate node02", "impair node02/eth0 delay=60ms", "disk-stall node02"])
def test_a_machine_that_answers_late_may_have_other_reasons(cause: str) -> None:
    late = found("cpu-pressure node02", 11, 15, confidence=0.6)
    assert causes(found(cause, 10, 16), late) == [cause]
    assert len(causes(found(cause.replace("node02", "node03"), 10, 16), late)) == 2


def test_a_reset_and_a_loss_of_power_that_are_one_end_with_the_loss() -> None:
    loss, reset = found("power-cut node02", 10, 17.7, 0.7), found("reset node02", 10, None, 0.6)
    (one,) = explaining.joined(PLACES, [loss, reset])
    assert (describe(one.fault), one.ended) == ("power-cut node02", loss.ended)


@pytest.mark.parametrize(
    "line,since,until,left",
    [
        ("split node02 node01", 31, 70, 0),
        ("isolate node02", 29.5, 74, 0),
        ("pause-process node02 etcd", 40, 50, 0),
        ("isolate node02", 31, 90, 1),
        ("isolate node02", 20, 70, 1),
        ("split node01 node03", 31, 70, 1),
        ("disk-full node02", 31, 70, 1),
    ],
)
def test_what_a_reboot_in_good_order_brings_about_is_no_fault(line: str, since: float, until: float, left: int) -> None:
    began = found(line, since, until).began
    settling = Settling(
        {}, {"node02": [Reboot(began + round((30 - since) * SECOND), began + round((72 - since) * SECOND))]}
    )
    rest, notes = explaining.apart_from_reboots(PLACES, [found(line, since, until)], settling)
    assert (len(rest), len(notes)) == (left, 1 - left)
    assert all("node02 was rebooted in good order" in note for note in notes)


def test_who_had_no_power_was_not_heard_by_a_single_one_either() -> None:
    assert causes(found("power-cut node02", 10, 16), found("split node02 node01", 10, 17)) == ["power-cut node02"]


@pytest.mark.parametrize(
    "effect,left",
    [
        (found("split node02 node01", 10, 10.8), 0),
        (found("drop node02 tcp port=2380", 9.5, 11.9), 1),
        (found("isolate node02", 10, 14), 1),
        (found("isolate node02", 12.5, 13), 1),
        (found("split node01 node03", 10, 10.8), 1),
    ],
)
def test_who_stood_still_for_a_moment_was_not_cut_off_for_it(effect: Finding, left: int) -> None:
    stood = found("pause node02", 10, 11, 0.35)
    assert causes(stood, effect) == ["pause node02", *[describe(effect.fault)] * left]


def test_several_causes_may_explain_what_none_does_alone() -> None:
    stood, off = found("pause node02", 10, 11, 0.35), found("power-cut node03", 5, 16)
    assert causes(stood, off, found("isolate node01", 10, 11)) == ["pause node02", "power-cut node03"]
    assert len(causes(off, found("isolate node01", 10, 11))) == 2
    halves = [found("split node01 node02", 10, 16), found("split node01 node03", 10, 16)]
    assert causes(found("isolate node01", 10, 16), *halves) == ["isolate node01"]
