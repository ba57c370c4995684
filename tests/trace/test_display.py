from __future__ import annotations

import io

from harness.trace.display import Lines, LiveTable, Silent, choose
from harness.trace.phases import PhaseLog


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_line_for_each_phase() -> None:
    stream = io.StringIO()
    log = PhaseLog(["node01"])
    display = choose(stream)
    assert isinstance(display, Lines)
    display.start(log)
    log.reach("node01", "powered on")
    log.reach("node01", "installer")
    display.stop()
    assert [line.split(" at ")[0] for line in stream.getvalue().splitlines()] == [
        "node01: powered on",
        "node01: installer",
    ]


def test_a_terminal_gets_a_line_for_each_machine() -> None:
    stream = Terminal()
    log = PhaseLog(["node01", "node02"])
    display = choose(stream)
    assert isinstance(display, LiveTable)
    display.start(log)
    log.reach("node02", "installer")
    display.stop()
    assert "node01  off" in stream.getvalue()
    assert "node02  installer at" in stream.getvalue()


def test_silence_is_a_display_too() -> None:
    display = Silent()
    display.start(PhaseLog(["node01"]))
    display.stop()
