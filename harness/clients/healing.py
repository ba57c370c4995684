"""The heal phase: after a fault every member must accept a write, and all of them must agree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.sandbox.waiting import HEALTHY, wait_until
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    from harness.checks.operation import Operation
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import KeyValue

LOOK_WITHIN = 2 * seconds
"""How long a member may take for one answer, before it is asked again."""
AT_ONCE = 4
"""So many members are asked at the same time: each question is a TLS handshake on a host that members share."""


def every_member_serves(
    cluster: KeyValue, members: Collection[str], word: str, *, within: timedelta, patience: Patience = HEALTHY
) -> None:
    """Wait until each member has accepted a write of its own, and each reads what all of them wrote.

    `word` is written, and has to be new each time. Raises `harness.sandbox.waiting.NotSeen` with those that don't.
    """
    keys = {name: f"healed/{name}" for name in members}
    values = {name: f"{word} by {name}" for name in members}

    def write(name: str) -> str:
        try:
            cluster.put(keys[name], values[name], via=name, within=LOOK_WITHIN)
        except (Unavailable, MaybeHappened) as error:
            return str(error)
        return ""

    def read(name: str) -> str:
        try:
            found = {one: cluster.get(key, via=name, within=LOOK_WITHIN) for one, key in keys.items()}
        except Unavailable as error:
            return str(error)
        return ", ".join(f"{keys[one]} is {value!r}" for one, value in found.items() if value != values[one])

    _each("every member to accept a write", members, write, within, patience)
    _each("every member to read what all wrote", members, read, within, patience)


def _each(
    what: str, members: Collection[str], ask: Callable[[str], str], within: timedelta, patience: Patience
) -> None:
    """Ask each member until it has no complaint any more."""
    left = dict.fromkeys(members, "")

    def done() -> bool:
        complaints = dict(zip(left, pool.map(ask, left), strict=True))
        left.clear()
        left.update({name: complaint for name, complaint in complaints.items() if complaint})
        return not left

    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="harness-heal") as pool:
        wait_until(what, done, within=within, patience=patience, show=lambda: left)


def final_values(cluster: KeyValue, operations: Iterable[Operation]) -> dict[str, str | None]:
    """Return what each key of a history holds, when nobody writes any more. Raises `Unavailable`."""
    return {key: cluster.get(key) for key in sorted({one.key for one in operations})}
