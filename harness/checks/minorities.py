"""Whether a part of a cluster that is no majority acknowledged anything while it was on its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.checks.operation import OK
from harness.checks.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from harness.checks.operation import Operation

NAME = "a minority commits nothing"


def nothing_acknowledged(history: Iterable[Operation], processes: Collection[int], since: int, until: int) -> Verdict:
    """Return whether no operation of these clients both began and succeeded from `since` to `until` (nanoseconds).

    They ask members that could not reach a majority all that time; a linearizable read needs one as a write does. What
    was called before, or returned after, may have been served when they could. Unknown where they asked nothing.
    """
    asked = [one for one in history if one.process in processes and since <= one.call < until]
    served = [one for one in asked if one.outcome == OK and one.returned is not None and one.returned <= until]
    if served:
        return Verdict(False, f"{len(served)} operations succeeded there", tuple(served[:1]), NAME)
    if not asked:
        return Verdict(None, "nobody asked the minority anything", name=NAME)
    return Verdict(True, f"none of {len(asked)} operations succeeded there", name=NAME)
