"""The heal phase: after a fault every member must accept a write, and all of them must agree."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from harness.errors import ScenarioFailure
from harness.sandbox.waiting import HEALTHY, NotSeen, wait_until
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from datetime import timedelta

    from harness.checks.operation import Operation
    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import KeyValue

LOOK_WITHIN = 2 * seconds
"""How long a member may take for one answer, before it is asked again."""
INTERVAL = 200 * milliseconds
"""Between two questions to a member: each is a TLS handshake on a host that members share."""
AGREED = "every member to read what all wrote"


def every_member_serves(
    cluster: KeyValue, members: Collection[str], word: str, *, within: timedelta, patience: Patience = HEALTHY
) -> None:
    """Wait until each member has accepted a write of its own, and each has read what all of them wrote.

    `word` is in the keys, and has to be new each time. Raises `harness.sandbox.waiting.NotSeen` with those that don't
    answer, and `ScenarioFailure` as soon as one reads something else: what was acknowledged is there, or it is lost.
    """
    keys = {name: f"healed/{word}/{name}" for name in members}
    values = {name: f"by {name}" for name in members}
    unread = {name: list(members) for name in members}

    def write(name: str) -> str:
        try:
            cluster.put(keys[name], values[name], via=name, within=LOOK_WITHIN)
        except (Unavailable, MaybeHappened) as error:
            return str(error)
        return ""

    def read(name: str) -> str:
        try:
            for one in tuple(unread[name]):
                if (value := cluster.get(keys[one], via=name, within=LOOK_WITHIN)) != values[one]:
                    raise ScenarioFailure(AGREED, seen=f"{name} reads {keys[one]} as {value!r}")
                unread[name].remove(one)
        except Unavailable as error:
            return str(error)
        return ""

    _each("every member to accept a write", members, write, within, patience)
    _each(AGREED, members, read, within, patience)


def _each(
    what: str, members: Collection[str], ask: Callable[[str], str], within: timedelta, patience: Patience
) -> None:
    """Ask each member until it no longer complains; none waits for the answers of the others."""
    complaints = dict.fromkeys(members, "")

    def settle(name: str) -> None:
        def settled() -> bool:
            complaints[name] = ask(name)
            return not complaints[name]

        wait_until(what, settled, within=within, patience=patience, interval=INTERVAL)

    with ThreadPoolExecutor(max(1, len(complaints)), thread_name_prefix="harness-heal") as pool:
        asked = [pool.submit(settle, name) for name in complaints]
    failed = [error for one in asked if (error := one.exception())]
    late = [error for error in failed if isinstance(error, NotSeen)]
    if len(late) < len(failed):
        raise next(error for error in failed if error not in late)
    if late:
        left = {name: complaint for name, complaint in complaints.items() if complaint}
        raise NotSeen(what, last_seen=left, waited=late[0].waited or within, looks=late[0].looks)


def final_values(cluster: KeyValue, operations: Iterable[Operation]) -> dict[str, str | None]:
    """Return what each key of a history holds once writing has stopped. Raises `Unavailable`."""
    return {key: cluster.get(key) for key in sorted({one.key for one in operations})}
