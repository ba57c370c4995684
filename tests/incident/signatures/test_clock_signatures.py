from __future__ import annotations

from harness.incident.signatures.clock_signatures import ClockJumps
from harness.incident.signatures.signature import Stage
from tests.incident.records import Journal, at, record

SLOW = (
    '{"level":"info","ts":"2026-11-21T20:58:53.799Z","caller":"traceutil/trace.go:152","msg":"trace[1257089173] range"}'
)


def of_a_guest() -> Journal:
    """Return what a virtual machine's journal had of a clock that was set back by 25 s, and right again."""
    journal = Journal("node03").says(57.593, SLOW, by="etcd").says(68.084, SLOW, by="etcd")
    journal.says(69.234, SLOW, by="etcd", ahead=-25.154)
    journal.says(69.939, "Time jumped backwards, rotating.", by="systemd-journald", ahead=-25.154)
    return journal.says(81.109, SLOW, by="etcd", ahead=-0.189)


def test_a_clock_that_is_set_jumps() -> None:
    seen = ClockJumps().look(Stage(record(of_a_guest()), at(60)))
    assert (seen.appeared, seen.because) == (True, "node03: its clock was set by -25.2 s")
    assert ClockJumps().look(Stage(record(of_a_guest()), at(90))).appeared is False
    assert ClockJumps().look(Stage(record(), at(0))).appeared is None


def test_what_synchronization_does_is_no_jump() -> None:
    journal = Journal("node03").says(57.6, SLOW, by="etcd")
    journal.says(60.1, "System clock was stepped by 12.345678 seconds", by="chronyd", ahead=12.3)
    assert ClockJumps().look(Stage(record(journal), at(0))).appeared is False
