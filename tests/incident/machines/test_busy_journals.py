from __future__ import annotations

import pytest

from harness.faults.pressure import CpuPressure
from harness.incident.machines import busy_journals
from harness.incident.machines.scene import Scene
from tests.incident.records import Journal, at, record

LATE = (
    '{"level":"warn","msg":"leader failed to send out heartbeat on time; took too long, leader is overloaded likely'
    ' from slow disk","to":"56272449f22b52ca","heartbeat-interval":"100ms","exceeded-duration":"5.2s"}'
)
LATE_BEFORE = "W | etcdserver: failed to send out heartbeat on time (exceeded the 100ms timeout for 40.5ms, to 189c1b)"
READ = '{"msg":"apply request took too long","took":"178ms","prefix":"read-only range ","request":"key:\\"a\\" "}'
PUT = '{"msg":"apply request took too long","took":"178ms","prefix":"","request":"header:<ID:7> put:<key:\\"a\\" >"}'
PUT_BEFORE = 'W | etcdserver: request "header:<ID:7 > put:<key:\\"a\\" >" with result "size:5" took too long (130ms)'
SLOW_SYNC = '{"msg":"slow fdatasync","took":"1.2s","expected-duration":"1s"}'
LOCKUP = "watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [stress:4242]"


def journal(*said: tuple[float, str, str]) -> Journal:
    made = Journal("node02").says(0, "all is well", by="etcd", unit="etcd.service")
    for moment, by, message in said:
        made.says(moment, message, by=by, unit="etcd.service")
    return made


def found(*said: tuple[float, str, str]) -> list[tuple[float, float, float]]:
    findings = list(busy_journals.find(Scene(record(journal(*said)))))
    assert all(one.fault == CpuPressure(("node02",)) for one in findings)
    return [((one.began - at(0)) / 1e9, ((one.ended or 0) - at(0)) / 1e9, one.confidence) for one in findings]


@pytest.mark.parametrize(
    "by,message,began",
    [
        ("kernel", LOCKUP, 38),
        ("kernel", "rcu: INFO: rcu_preempt self-detected stall on CPU", 60),
        (
            "corosync",
            "[MAIN  ] Corosync main process was not scheduled for 3200.5000 ms (threshold is 2400 ms).",
            56.7995,
        ),
    ],
)
def test_who_is_ready_and_is_not_run_lacks_a_processor(by: str, message: str, began: float) -> None:
    ((since, until, sure),) = found((60, by, message))
    assert (round(since, 3), until, sure) == (round(began, 3), 60, 0.75)


@pytest.mark.parametrize("line", [LATE, LATE_BEFORE])
def test_a_leader_that_is_late_again_and_again_may_be_overloaded(line: str) -> None:
    thrice = [(moment + part, "etcd", line) for moment in (50, 52, 54) for part in (0, 0.01)]
    assert found(*thrice) == [(50, 54.01, 0.45)]
    assert found(*thrice[:4]) == []


def test_what_waits_for_others_or_for_a_disk_is_no_sign() -> None:
    assert found(*((50 + at, "etcd", READ) for at in range(9))) == []
    assert found(*((50 + at, "etcd", LATE) for at in range(9)), (55, "etcd", SLOW_SYNC)) == []


def test_what_is_slow_by_itself_is_uncertain() -> None:
    assert found(*((50 + at, "etcd", PUT) for at in range(6))) == [(50, 55, 0.35)]
    assert found(*((50 + at, "etcd", PUT_BEFORE) for at in range(6))) == [(50, 55, 0.35)]
    assert found(*((50 + at, "etcd", PUT) for at in range(3))) == []
    watchdog = "etcd.service: Watchdog timeout (limit 10s)!"
    assert found((50, "systemd", watchdog), *((51 + at, "etcd", PUT) for at in range(4))) == [(40, 54, 0.35)]


def test_who_starts_is_busy_and_ails_nothing() -> None:
    assert found(*((5 + at, "etcd", LATE) for at in range(9))) == []
    assert len(found((25, "kernel", LOCKUP))) == 1


def test_pressure_that_comes_again_is_told_twice() -> None:
    assert [began for began, _, _ in found((60, "kernel", LOCKUP), (110, "kernel", LOCKUP))] == [38, 88]
