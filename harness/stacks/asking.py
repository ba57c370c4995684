"""Asking machines: how long that may take, whom to ask, and what an answer means, or the lack of one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.stacks.reference.node.etcd import RefusedError
from harness.stacks.reference.node.https import NoAnswerError, NotSentError
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from harness.stacks.protocol import Which

CONNECT_TIMEOUT = 3 * seconds
"""A machine that takes longer to accept a connection and shake hands, on a healthy host, is away."""

LOOK_TIMEOUT = 5 * seconds
"""How long a question takes at most that a member answers from memory."""

T = TypeVar("T")
R = TypeVar("R")


@contextmanager
def reading() -> Iterator[None]:
    """Ask for something that changes nothing: whatever goes wrong is `Unavailable`."""
    try:
        yield
    except (NotSentError, RefusedError, NoAnswerError) as error:
        raise Unavailable(str(error)) from error


@contextmanager
def writing() -> Iterator[None]:
    """Ask for a change: without an answer it is `MaybeHappened`."""
    try:
        yield
    except (NotSentError, RefusedError) as error:
        raise Unavailable(str(error)) from error
    except NoAnswerError as error:
        raise MaybeHappened(str(error)) from error


class Turns:
    """Whom to ask when it doesn't matter whom: who answered last comes first, so that one who is away costs little."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._last = ""

    def ask(self, via: Which | None, ask: Callable[[str], R]) -> R:
        """Ask `via`, or one after the other until one is available.

        Raises `Unavailable` with everyone's reasons; whatever else someone raises passes through, and nobody else is
        asked then.
        """
        if via is not None:
            return ask(name_of(via))
        reasons: list[Unavailable] = []
        for name in sorted(self.names, key=lambda name: name != self._last):
            try:
                answer = ask(name)
            except Unavailable as reason:
                reasons.append(reason)
            else:
                self._last = name
                return answer
        raise Unavailable("; ".join(map(str, reasons)) or "there is no machine to ask")


def as_answered(ask: Callable[[T], R], them: Sequence[T]) -> Generator[R, None, None]:
    """Ask everyone at the same time, and yield their answers as they come; who stops early leaves the slow behind."""
    pool = ThreadPoolExecutor(max_workers=max(len(them), 1), thread_name_prefix="harness-ask")
    try:
        for future in as_completed([pool.submit(ask, one) for one in them]):
            yield future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def at_once(ask: Callable[[T], R], them: Sequence[T]) -> list[R]:
    """Ask everyone at the same time, and return their answers in order when the last has come."""
    with ThreadPoolExecutor(max_workers=max(len(them), 1), thread_name_prefix="harness-ask") as pool:
        return list(pool.map(ask, them))


def name_of(machine: Which) -> str:
    """Return the machine's name."""
    return machine if isinstance(machine, str) else machine.name
