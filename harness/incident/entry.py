"""One line of a journal."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What a machine's journal says at one moment (systemd.journal-fields(7)).

    `file` and `line` are where it stands in the incident, `host` the machine's name as its journal has it. `time` is
    what the machine's own wall clock said, in nanoseconds since 1970; `monotonic` is its other clock, in nanoseconds
    since the boot `boot`, None where the journal does not say. `unit` is empty for what no unit said, such as the
    kernel, whose `identifier` is ``kernel``. `priority` is from 0 (emergency) to 7 (debug), None where it is not said.
    `message_id` is the sender's own identifier of that kind of message (sd_journal_print(3)), empty without one. It was
    said `delay` nanoseconds before journald took it, where the line tells that.
    """

    file: str
    line: int
    host: str
    time: int
    monotonic: int | None
    boot: str
    unit: str
    identifier: str
    message: str
    priority: int | None = None
    message_id: str = ""
    delay: int = 0
