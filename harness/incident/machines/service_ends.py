"""Services that were killed, stopped or restarted, by what systemd and they themselves say. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.faults.processes import Kill, Restart, Stop
from harness.incident.citing import said
from harness.incident.finding import Finding
from harness.incident.machines.service_words import Told, Word, told
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from harness.incident.machines.lives import Life
    from harness.incident.machines.scene import Scene
    from harness.incident.record import Logged

HOUSEKEEPING = re.compile(
    r"(?:systemd-|user@|user-runtime-dir@|session-|apt-|dpkg-|man-db|logrotate|fstrim|e2scrub|getty@|serial-getty@|dbus"
    r"|cron|anacron|atd|ssh|polkit|packagekit|snapd|unattended-upgrades|networking|NetworkManager|ifup|wpa_|rsyslog"
    r"|udisks|fwupd|motd|accounts-|ModemManager|console-|keyboard-|kmod|lvm2|blk-availability|modprobe@|plymouth"
    r"|rc-local|rpc|nfs|auditd|apparmor|cloud-|qemu-guest|initrd-|dracut|emergency|rescue|grub|smartd|mdadm|multipath)"
)
"""Units of the system itself: they come and go, and no cluster is about them."""
AT_ONCE = 2 * NANO
"""A service that starts again that soon after it had stopped was restarted: one command, not two."""
SHUTDOWN = 120 * NANO
"""How long before a machine's goodbye its services may begin to stop: that is part of it."""
BY_ITSELF = 3 * NANO
"""Within that time a service that died may have been started again by whatever watches over it."""
UPGRADE = 30 * NANO
LAST = 3 * NANO
"""Who collects evidence stops things: what ends so near to its end is nothing that went wrong before."""
_UPGRADING = re.compile(r"\b(?:apt|apt-get|dpkg|unattended-upgrade\w*|needrestart|dnf|yum|zypper)\b|apt-daily-upgrade")
_OUT_OF_MEMORY = re.compile(r"^Out of memory: Killed process|oom-kill:constraint=CONSTRAINT_NONE")
MEANT_TO_KILL = "status=9/KILL"


@dataclass
class _Course:
    """How a service fared within one boot."""

    machine: str
    unit: str
    steps: list[Told] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.unit.removesuffix(".service")


def find(scene: Scene) -> Iterator[Finding | Observation]:
    """Yield each service that was killed, stopped or restarted; upgrades and shutdowns are no faults."""
    for every in scene.lives.values():
        for life in every:
            upgrades = [line.time for line in life.lines if _UPGRADING.search(_speech(line))]
            starved = [line.time for line in life.lines if _OUT_OF_MEMORY.search(line.entry.message)]
            for course in _courses(life):
                yield from _killed(course, starved)
                if not HOUSEKEEPING.match(course.unit):
                    yield from _stopped(course, life, upgrades, scene.record.ended)


def _courses(life: Life) -> Iterable[_Course]:
    found: dict[str, _Course] = {}
    told_by_systemd: defaultdict[str, bool] = defaultdict(bool)
    for line in life.lines:
        if step := told(line):
            course = found.setdefault(step.unit, _Course(life.machine, step.unit))
            course.steps.append(step)
            told_by_systemd[step.unit] |= not step.by_itself
    for course in found.values():
        if told_by_systemd[course.unit]:
            course.steps = [step for step in course.steps if not step.by_itself]
        elif not any(step.word is Word.STARTING for step in course.steps[:1]):
            course.steps.insert(0, Told(course.unit, Word.STARTED, life.first, by_itself=True))
    return found.values()


def _killed(course: _Course, starved: list[int]) -> Iterator[Finding]:
    """Yield each death that systemd did not ask for; a service's own lines show it by a start without an end."""
    stopping = False
    running: Told | None = None
    for place, step in enumerate(course.steps):
        if step.word is Word.STOPPING:
            stopping = True
        elif step.word is Word.KILLED and not stopping and not _near(step.line.time, starved, 5 * NANO):
            meant = MEANT_TO_KILL in step.line.entry.message
            yield _kill(course, step, 0.95 if meant else 0.7, _back(course.steps[place:]))
        elif step.word is Word.STARTING and step.by_itself and running is not None and not stopping:
            yield _kill(course, step, 0.6, None)
        if step.word in {Word.STARTING, Word.STARTED}:
            running, stopping = step, False


def _kill(course: _Course, step: Told, confidence: float, back: Told | None) -> Finding:
    """Return a kill; it has an end where nobody but a person can have started the service again."""
    began = step.line.time
    ended = back.line.time if back is not None and back.line.time - began > BY_ITSELF else None
    cited = [said(step.line), *([said(back.line)] if ended is not None and back is not None else [])]
    return Finding(Kill((course.machine,), course.name), began, ended, tuple(cited), confidence)


def _back(steps: Sequence[Told]) -> Told | None:
    """Return the start that follows, where systemd does not say that it was its own doing."""
    for step in steps:
        if step.word is Word.AGAIN:
            return None
        if step.word in {Word.STARTING, Word.STARTED}:
            return step
    return None


def _stopped(course: _Course, life: Life, upgrades: list[int], end: int) -> Iterator[Finding | Observation]:
    steps = course.steps
    for place, step in enumerate(steps):
        if step.word is not Word.STOPPING:
            continue
        rest = steps[place + 1 :]
        back = next((one for one in rest if one.word in {Word.STARTING, Word.STARTED}), None)
        down = next((one for one in rest if one.word is Word.STOPPED), step)
        if back is None and _part_of_shutdown(life, step.line.time):
            continue
        if back is None and end - step.line.time < LAST:
            what = f"{course.name} was stopped as the evidence ends"
            yield Observation(what, course.machine, step.line.time, step.line.time, (said(step.line),))
            continue
        yield _told(course, step, down, back, upgraded=_near(step.line.time, upgrades, UPGRADE))


def _told(course: _Course, step: Told, down: Told, back: Told | None, *, upgraded: bool) -> Finding | Observation:
    evidence = tuple(said(one.line) for one in (step, back) if one is not None)
    began = step.line.time
    if upgraded and back is not None:
        what = f"{course.name} was restarted while packages were installed"
        return Observation(what, course.machine, began, max(began, back.line.time), evidence)
    who = (course.machine,)
    if back is not None and back.line.time - max(began, down.line.time) < AT_ONCE:
        return Finding(Restart(who, course.name), began, None, evidence, 0.9)
    ended = None if back is None else max(began, back.line.time)
    return Finding(Stop(who, course.name), began, ended, evidence, 0.9)


def _part_of_shutdown(life: Life, moment: int) -> bool:
    return life.goodbye is not None and moment > life.goodbye.time - SHUTDOWN


def _near(moment: int, others: Iterable[int], within: int) -> bool:
    return any(abs(moment - other) <= within for other in others)


def _speech(line: Logged) -> str:
    return f"{line.entry.identifier} {line.entry.unit}" + (
        f" {line.entry.message}" if line.entry.identifier in {"sudo", "systemd"} else ""
    )
