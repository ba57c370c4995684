"""Who led which term, from the messages that only a leader sends."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.capture.events import RaftAppend, RaftHeartbeat, RaftMessage, RaftSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.capture.events import Event

LEADERS_MESSAGES = (RaftAppend, RaftHeartbeat, RaftSnapshot)


@dataclass(frozen=True)
class Leader:
    """The first proof that `member` leads `term`: `time` in nanoseconds since 1970, and the message itself."""

    time: int
    term: int
    member: int
    event: RaftMessage

    def __str__(self) -> str:
        return f"member {self.member:x} leads term {self.term} (frame {self.event.frame})"


def leaders(events: Iterable[Event], *ports: int) -> Iterator[Leader]:
    """Yield the first proof of each leader of each term, in the order of `events`.

    `ports` are the peer ports of the cluster that is meant, where there are several. Raises `ValueError` where messages
    of more than one remain, whose terms have nothing to do with each other.
    """
    known: set[tuple[int, int]] = set()
    clusters: set[str] = set()
    for event in events:
        if not isinstance(event, LEADERS_MESSAGES) or event.sender is None or (ports and event.port not in ports):
            continue
        clusters |= {event.cluster} - {""}
        if len(clusters) > 1:
            raise ValueError(f"Raft messages of clusters {', '.join(sorted(clusters))}: name the peer ports of one")
        if (event.term, event.sender) not in known:
            known.add((event.term, event.sender))
            yield Leader(event.time, event.term, event.sender, event)


def leader_elected(events: Iterable[Event], *ports: int, after: int = 0) -> Leader | None:
    """Return the first proof of a leader that was not known before `after` (nanoseconds since 1970), None without any.

    `ports` as for `leaders`. For a cluster that starts, this is its first leader; after a fault, the next one.
    """
    return next((leader for leader in leaders(events, *ports) if leader.time >= after), None)


def leaders_per_term(events: Iterable[Event], *ports: int) -> dict[int, set[int]]:
    """Return the members that led each term. More than one in a term breaks Raft's election safety (section 5.2)."""
    found: defaultdict[int, set[int]] = defaultdict(set)
    for leader in leaders(events, *ports):
        found[leader.term].add(leader.member)
    return dict(found)
