"""Signatures of journals: a service that dies, a machine that boots, a complaint that was not heard before. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.incident import citing
from harness.incident.signatures.signature import Sighting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.incident.entry import Entry
    from harness.incident.record import Logged
    from harness.incident.signatures.signature import Stage

DIED = re.compile(r"(\S+): Main process exited, code=(?:killed|exited|dumped)")
KERNEL = re.compile(r"Linux version \d")
WARNING = 4
COMPLAINS = re.compile(
    r"\b(?:warn(?:ing)?|err(?:or)?|fail(?:ed|ure)?|lost|timed? ?out|unreachable|refused)\b", re.IGNORECASE
)
VARIABLE = re.compile(r"\b(?:[0-9a-f]{6,}|\d[\w.:/-]*)\b|\"[^\"]*\"|(?<=[ =(])/[\w./-]+")
SAYS = "says: "
SHORTEST = 12
"""Characters of a complaint that means something."""


class ServiceDies:
    """A service ends that nobody has ended in good order."""

    name = "service dies"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        for one in _later(stage):
            if match := DIED.search(one.entry.message):
                return Sighting(True, f"{match[1]} of {one.entry.host} ended", (citing.said(one),))
        return _without(stage, "no service ended")


class MachineBoots:
    """A machine is in another boot than before."""

    name = "machine boots"

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        boots: dict[str, Logged] = {}
        for one in stage.record.logged:
            known = boots.get(one.entry.host)
            if one.entry.boot and known and known.entry.boot != one.entry.boot and one.time >= stage.since:
                return Sighting(True, f"{one.entry.host} booted", (citing.said(known), citing.said(one)))
            if not known and KERNEL.match(one.entry.message) and one.time - (one.entry.monotonic or 0) >= stage.since:
                # What it said before is lost, as a journal's last minutes are with the power.
                return Sighting(True, f"{one.entry.host} booted", (citing.said(one),))
            if one.entry.boot:
                boots[one.entry.host] = one
        return _without(stage, "no machine booted")


@dataclass(frozen=True)
class Says:
    """A journal has a certain message, with whatever numbers: `template` has `…` for what varies."""

    template: str

    @property
    def name(self) -> str:
        """What people call it."""
        return SAYS + self.template

    def look(self, stage: Stage) -> Sighting:
        """Say whether it appeared."""
        for one in _later(stage):
            if template(one.entry) == self.template:
                return Sighting(True, f"{one.entry.host} says so", (citing.said(one),))
        return _without(stage, "nobody says so")


def complaint(stage: Stage) -> Says | None:
    """Return what machines complain of most that nobody complained of before; None where there is no such thing."""
    before = {template(one.entry) for one in stage.record.logged if one.time < stage.since}
    counted = Counter(
        words for one in _later(stage) if _complains(one.entry) and (words := template(one.entry)) not in before
    )
    best = next((words for words, _ in counted.most_common() if len(words) >= SHORTEST), None)
    return Says(best) if best else None


def template(entry: Entry) -> str:
    """Return a message without what varies from one time to the next."""
    return " ".join(VARIABLE.sub("…", _words(entry.message)).split())


def _words(message: str) -> str:
    """Return what a line says; of one that is JSON, its message."""
    if message.startswith("{"):
        try:
            told = json.loads(message)
        except ValueError:
            return message
        return str(told.get("msg", message)) if isinstance(told, dict) else message
    return message


def _complains(entry: Entry) -> bool:
    return (entry.priority is not None and entry.priority <= WARNING) or bool(COMPLAINS.search(entry.message))


def _later(stage: Stage) -> Iterator[Logged]:
    return (one for one in stage.record.logged if one.time >= stage.since)


def _without(stage: Stage, told: str) -> Sighting:
    return Sighting(False, told) if any(_later(stage)) else Sighting(None, "no journals")
