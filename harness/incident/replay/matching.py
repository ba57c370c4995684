"""Which present answer stands for which recorded one, and in what they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols import dhcp
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay import answer_fields
from harness.incident.replay.comparison import Answer, Outcome, compare
from harness.incident.replay.dialogue import DHCP
from harness.incident.replay.excuses import excused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from harness.incident.replay.dialogue import Exchange, Message
    from harness.incident.replay.excuses import Moved

AGAIN = "the client asked again, and was answered then"


def matched(
    exchange: Exchange, heard: Sequence[Message], moved: Moved, stand_ins: Collection[str] = ()
) -> tuple[Answer, ...]:
    """Return what became of each recorded answer, and of each that comes now without having been recorded.

    Of several servers' answers those belong together that differ least. What a server's and the client's address are
    now is learnt for the questions that follow. `stand_ins` are questions to which another file is the answer here.
    """
    stand_in = exchange.question.what in stand_ins
    left = list(heard)
    found: list[Answer] = []
    for recorded in exchange.answers:
        best = min(
            (_answer(exchange.question, recorded, one, moved, stand_in=stand_in) for one in left),
            key=_unlikeness,
            default=None,
        )
        if best is None:
            found.append(Answer(recorded.what, recorded.frame, Outcome.MISSING))
            continue
        answer, now = best
        left.remove(now)
        if recorded.protocol == DHCP and answer.outcome is not Outcome.UNREADABLE:
            _learn(recorded, now, moved)
            answer, _ = _answer(exchange.question, recorded, now, moved, stand_in=stand_in)
        found.append(answer)
    excuse = AGAIN if exchange.again else ""
    return (*found, *(Answer(one.what, None, Outcome.EXTRA, excuse=excuse) for one in left))


def _answer(
    question: Message, recorded: Message, now: Message, moved: Moved, *, stand_in: bool
) -> tuple[Answer, Message]:
    try:
        differences = compare(answer_fields.fields(recorded), answer_fields.fields(now))
    except Malformed as problem:
        return Answer(recorded.what, recorded.frame, Outcome.UNREADABLE, excuse=str(problem)), now
    differences = excused(differences, moved, renewal=_renews(question), stand_in=stand_in)
    outcome = Outcome.DIFFERS if any(not one.excuse for one in differences) else Outcome.EQUAL
    return Answer(recorded.what, recorded.frame, outcome, differences), now


def _unlikeness(pair: tuple[Answer, Message]) -> int:
    answer, _ = pair
    return len(answer.blamed) if answer.outcome is not Outcome.UNREADABLE else 1 << 16


def _renews(question: Message) -> bool:
    return question.protocol == DHCP and dhcp.parse(question.payload).client_address is not None


def _learn(recorded: Message, now: Message, moved: Moved) -> None:
    then, here = dhcp.parse(recorded.payload), dhcp.parse(now.payload)
    for places, one, other in (
        (moved.servers, then.server, here.server),
        (moved.clients, then.address, here.address),
        (moved.others, then.next_server, here.next_server),
    ):
        if one is not None and other is not None and one != other:
            places[one] = other
