"""The order of a watch: what a store told a watcher, against what it promises (etcd, "KV API guarantees", watch)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from harness.checks.verdict import Verdict, combine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

NAME = "watch order"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a key as a watcher was told of it.

    `revision` is the store's revision that made it (etcd's `mod_revision`). `version` counts the changes of the key
    since it was created, from 1 on, and 0 is its deletion; None where the store does not tell.
    """

    key: str
    revision: int
    version: int | None = None


def watch_in_order(changes: Sequence[Change], acknowledged: Mapping[str, Iterable[int]] | None = None) -> Verdict:
    """Return whether one watch was told of every change once, in the order of revisions.

    Revisions may not go back; several keys may share one (a transaction), a key may not be told of one twice; versions
    may not leave out any. `acknowledged` has, by key, revisions at which clients' writes were acknowledged: each that
    lies between the first and the last revision of the watch has to be there. The witness is two neighbours that are
    out of order, or what is around a gap. A watch that was told of nothing is unknown.
    """
    if not changes:
        return Verdict(None, "the watch was told of nothing", name=NAME)
    found = [*_backward(changes), *_repeated(changes), *_skipped(changes), *_missing(changes, acknowledged or {})]
    first, last = changes[0].revision, changes[-1].revision
    return combine(found, name=NAME, holds=f"{len(changes)} changes from revision {first} to {last}, in order")


def _backward(changes: Sequence[Change]) -> Iterator[Verdict]:
    for one, other in pairwise(changes):
        if other.revision < one.revision:
            yield Verdict(False, f"the revision went back from {one.revision} to {other.revision}", (one, other))


def _repeated(changes: Sequence[Change]) -> Iterator[Verdict]:
    told: set[tuple[str, int]] = set()
    for change in changes:
        if (change.key, change.revision) in told:
            yield Verdict(False, f"key {change.key!r} at revision {change.revision} was told twice", (change,))
        told.add((change.key, change.revision))


def _skipped(changes: Sequence[Change]) -> Iterator[Verdict]:
    last: dict[str, Change] = {}
    for change in changes:
        before = last.get(change.key)
        if before is not None and change.revision <= before.revision:
            continue  # told already: it went back, or came twice
        last[change.key] = change
        if before is None or change.version is None or before.version is None:
            continue
        if change.version not in {0, before.version + 1} or change.version == before.version == 0:
            because = f"key {change.key!r} went from version {before.version} to {change.version}"
            yield Verdict(False, because, (before, change))


def _missing(changes: Sequence[Change], acknowledged: Mapping[str, Iterable[int]]) -> Iterator[Verdict]:
    told = {(change.key, change.revision) for change in changes}
    first = min(change.revision for change in changes)
    last = max(change.revision for change in changes)
    for key, revisions in acknowledged.items():
        for revision in sorted(revisions):
            if first <= revision <= last and (key, revision) not in told:
                gap = Change(key, revision)
                yield Verdict(False, f"the write of key {key!r} at revision {revision} was never told", (gap,))
