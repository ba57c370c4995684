"""What clients lose and can see at once: acknowledged writes that are gone, and reads of what had been replaced.

Both are special cases of linearizability, and quicker to understand: each counts how many operations are concerned.
They compare times alone, so that they never accuse where values were written several times; they may then miss some.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from harness.checks.linearizability import by_key
from harness.checks.operation import OK, READ, Json, Operation, identity, shown
from harness.checks.registers.blocks import ALWAYS, NEVER, returned
from harness.checks.verdict import Verdict, combine

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence


def nothing_lost(history: Iterable[Operation], final: Mapping[str, Json]) -> Verdict:
    """Return whether every acknowledged write is there, or was replaced by a later one, when all is healed.

    `final` is what each key holds then, read from the store when nobody writes any more; None for absent. A write is
    lost if it was called after the write of the final value had returned. The witness is, for the first key that lost
    something, the write of its final value and the first write that is lost. A key without a final value is unknown.
    """
    verdicts = [_key_kept(key, operations, final) for key, operations in by_key(history).items()]
    lost = sum(one.valid is False for one in verdicts)
    holds = f"no acknowledged write of {len(verdicts)} keys is gone"
    verdict = combine(verdicts, name="nothing lost", holds=holds)
    return (
        verdict
        if lost <= 1
        else Verdict(False, f"{lost} keys lost writes; {verdict.because}", verdict.witness, verdict.name)
    )


def no_stale_reads(history: Iterable[Operation]) -> Verdict:
    """Return whether no read returned a value that an acknowledged write had replaced before the read was called.

    The witness is the first such read, the write of what it returned, and the write that it should have seen.
    """
    stale: list[tuple[Operation, ...]] = []
    reads = 0
    for operations in by_key(history).values():
        reads += sum(one.op == READ and one.outcome == OK for one in operations)
        stale += _stale(operations)
    if not stale:
        return Verdict(True, f"none of {reads} reads is older than an acknowledged write", name="no stale reads")
    first = min(stale, key=lambda found: found[-1].call)
    return Verdict(False, f"{len(stale)} of {reads} reads are stale", first, "no stale reads")


def _key_kept(key: str, operations: Sequence[Operation], final: Mapping[str, Json]) -> Verdict:
    name = f"key {key!r}"
    acknowledged = [one for one in operations if one.writes and one.outcome == OK]
    if not acknowledged:
        return Verdict(True, "nothing was acknowledged", name=name)
    if key not in final:
        return Verdict(None, "nobody read it at the end", name=name)
    ends = _ends(operations)
    over, writer = ends.get(identity(final[key]), (NEVER, None))
    if identity(final[key]) not in ends:
        return Verdict(False, f"it holds {shown(final[key])}, which nobody wrote", name=name)
    lost = sorted((one for one in acknowledged if one.call > over), key=lambda one: one.call)
    if not lost:
        return Verdict(True, "it holds one of its last writes", name=name)
    because = f"it holds {shown(final[key])}, and {len(lost)} acknowledged writes after that are gone"
    return Verdict(False, because, tuple(one for one in (writer, lost[0]) if one is not None), name)


def _ends(operations: Iterable[Operation]) -> dict[Hashable, tuple[float, Operation | None]]:
    """Return, by value, when all that may have written it had surely taken effect, and what did so last.

    A key is absent before everything.
    """
    ends: dict[Hashable, tuple[float, Operation | None]] = {None: (ALWAYS, None)}
    for one in operations:
        if one.writes and one.outcome != "fail":
            value, over = identity(one.value), returned(one)
            if value not in ends or over > ends[value][0]:
                ends[value] = (over, one)
    return ends


def _stale(operations: Sequence[Operation]) -> list[tuple[Operation, ...]]:
    """Return each stale read, behind the write of its value, if any, and one that had replaced that."""
    writes = sorted((one for one in operations if one.writes and one.outcome == OK), key=returned)
    overs = [returned(one) for one in writes]
    latest: list[Operation] = []
    for one in writes:
        latest.append(one if not latest or one.call > latest[-1].call else latest[-1])
    ends = _ends(operations)
    found: list[tuple[Operation, ...]] = []
    for read in operations:
        if read.op != READ or read.outcome != OK or not (before := bisect_left(overs, read.call)):
            continue
        over, writer = ends.get(identity(read.value), (NEVER, None))
        newer = latest[before - 1]
        if over < newer.call:
            found.append((writer, newer, read) if writer else (newer, read))
    return found
