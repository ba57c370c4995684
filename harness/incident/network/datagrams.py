"""Datagrams that nobody answers: what is said over UDP is not acknowledged, but those who talk so talk at a pace.

Corosync's links, gossip and heartbeats come from either side all the time. Where one side goes on and nothing comes
from the other for much longer than usual, what was said meanwhile is taken for unanswered; so is what is answered at
once as a rule, such as the probes of members who have no news. In which direction it was lost, nobody can tell by that.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, NamedTuple

from harness.incident.bursts import usual_gap
from harness.incident.network.soundings import HIGHEST, Sounding, Way

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from harness.incident.network.passages import Passage
    from harness.incident.network.soundings import Soundings

FEWEST = 20
"""So many datagrams have to come before their pace is known."""
SLOWEST = 0.95
LONGER = 3
SHORTEST = 500_000_000
"""A gap says something where it is so many times as long as nearly all are, and so long (nanoseconds)."""
TRIED = 3
"""And where the other side said so much meanwhile."""
ANSWERED = 250_000_000
ASKED, MOSTLY, SELDOM = 8, 0.6, 3
"""What answers comes within so many nanoseconds; of questions, so many were answered, and this part of all.

What comes by itself has gaps that are so many times as long."""


def listen(seen: Iterable[Passage], found: Soundings) -> None:
    """Add the datagrams that were answered, and that were not, of pairs of which only one end was captured."""
    sent: defaultdict[Way, list[Sounding]] = defaultdict(list)
    size: dict[Sounding, int] = {}
    for place, packet, way, at in seen:
        if packet.carries == "udp" and at.machine == way.speaker and way.pair not in found.exact:
            sounding = Sounding(packet.time, place)
            sent[way].append(sounding)
            size[sounding] = packet.payload
    questions = {
        way: _questions(way, said, size, found) if _seldom(way.back, found) else [] for way, said in sent.items()
    }
    kinds = _answered_kinds([one for each in questions.values() for one in each])
    for way, said in sent.items():
        spans = _gaps([one.time for one in found.through.get(way.back, ())], said[-1].time)
        tried = [[one for one in said if since < one.time < until] for since, until in spans]
        asked = [one for one in questions[way] if one.kind in kinds]
        tried += _runs(asked)
        found.through[way] += [one.sounding for one in asked if one.answered]
        lost = {one for each in tried if len(each) >= TRIED and not _refused(way, each, found) for one in each}
        if lost:
            found.lost[way] += sorted(lost)
            found.unheard[way.back] += sorted(lost)


def _seldom(way: Way, found: Soundings) -> bool:
    """Return whether somebody says so little that what comes soon after a question is its answer, and no chance."""
    came = found.through.get(way, [])
    return len(came) > 0 and came[-1].time - came[0].time > SELDOM * ANSWERED * len(came)


def _refused(way: Way, tried: Sequence[Sounding], found: Soundings) -> bool:
    """Return whether a kernel said meanwhile that nobody listens there."""
    icmp = Way(way.listener, way.speaker, "icmp")
    return found.got_through([icmp], tried[0].time - 1, tried[-1].time + ANSWERED)


class _Question(NamedTuple):
    """A datagram, its kind (the service, and how long it is), and whether anything came back soon after it."""

    sounding: Sounding
    kind: tuple[str, int]
    answered: bool


def _questions(way: Way, said: Sequence[Sounding], size: Mapping[Sounding, int], found: Soundings) -> list[_Question]:
    """Return what was said in order of time, each as if it were a question."""
    return [
        _Question(one, (way.service, size[one]), found.got_through([way.back], one.time, one.time + ANSWERED))
        for one in said
    ]


def _answered_kinds(questions: Sequence[_Question]) -> set[tuple[str, int]]:
    """Return the kinds of datagrams that are answered as a rule, at once: probes, not mere news."""
    total = Counter(one.kind for one in questions)
    answered = Counter(one.kind for one in questions if one.answered)
    return {kind for kind, count in answered.items() if count >= ASKED and count >= MOSTLY * total[kind]}


def _runs(questions: Sequence[_Question]) -> list[list[Sounding]]:
    """Return the runs of questions that nobody answered, one after the other."""
    return [
        [one.sounding for one in run] for answered, run in groupby(questions, lambda one: one.answered) if not answered
    ]


def _gaps(times: Sequence[int], last: int) -> list[tuple[int, int]]:
    """Return the gaps in what comes that are longer than usual, each from when the next one should have come.

    A gap that lasts to the end of the evidence is one, too.
    """
    if len(times) < FEWEST:
        return []
    gaps = sorted(later - one for one, later in pairwise(times))
    longest = max(gaps[-1], last - times[-1])
    # In a ring only neighbours talk while all is well: who says much for a moment, and little else, is no silence.
    seldom = usual_gap(gap for gap in (*gaps, last - times[-1]) if gap < longest) if gaps[0] < longest else longest
    usual = gaps[int((len(times) - 1) * SLOWEST)]
    least = max(SHORTEST, LONGER * usual, LONGER * seldom)
    ends = [*times, HIGHEST] if last - times[-1] > least else times
    return [(one + usual, later) for one, later in pairwise(ends) if later - one > least]
