"""A checkpoint of all machines of a lab at once: paused together, saved side by side, put back all or none.

What is on its way between two machines when they are paused is lost, as frames are. A restored lab proves itself: every
machine that was told a word before it was saved still has it, and has its clock set.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import time
from dataclasses import asdict, dataclass
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from harness.errors import HostError, LabError, Missing
from harness.lab import side_by_side
from harness.machines.checkpoint_store import Spoiled
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.machines.keeper import Kept
    from harness.machines.virtual import VirtualMachine

T = TypeVar("T")

LAB = "lab.json"
ANSWER_WITHIN = 5 * seconds
TIDY_WITHIN = 30 * seconds
DIALLED_WITHIN = 20 * seconds
RIGHT = 5 * seconds
"""How much further ahead or behind than before a clock may be."""


@dataclass(frozen=True)
class Saved:
    """What is noted of a lab: which machines ran, and of those that keep the word, how their clocks were.

    `stopped` says when each of those was paused, in seconds since 1970; `behind`, by how many seconds its clock was
    behind ours before.
    """

    running: tuple[str, ...]
    word: str
    stopped: Mapping[str, float]
    behind: Mapping[str, float]

    @classmethod
    def read(cls, folder: Path) -> Saved:
        """Read it from a checkpoint. Raises `Spoiled`."""
        try:
            given = json.loads((folder / LAB).read_text())
            times = [{str(name): float(given[what][name]) for name in given[what]} for what in ("stopped", "behind")]
            return cls(tuple(given["running"]), str(given["word"]), *times)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Spoiled(f"{folder} holds no saved lab: {error}") from error


def tidy(machines: Mapping[str, VirtualMachine]) -> None:
    """Have machines that run, and can, clear what they don't use of their memory, which then takes no room when saved.

    They go on meanwhile, and take longer for what they have to read from their disks again. Raises `LabError` where a
    machine does not say that it is done.
    """
    running = [machine for machine in machines.values() if machine.is_running() and machine.keeper.is_there()]
    _of_each(lambda machine: machine.keeper.tidy(within=TIDY_WITHIN), running)


def dial(machines: Mapping[str, VirtualMachine]) -> None:
    """Have machines that run, and can, connect to their own health endpoints: a restore needs no handshakes then.

    Raises `LabError` where a machine does not say that it is done.
    """
    running = [machine for machine in machines.values() if machine.is_running() and machine.keeper.is_there()]
    _of_each(lambda machine: machine.keeper.dial(within=DIALLED_WITHIN), running)


def save(machines: Mapping[str, VirtualMachine], folder: Path, *, all_keep: bool = False) -> Saved:
    """Save all machines as they are at one moment into a new folder; they go on then. Returns what is noted of them.

    With `all_keep`, each machine that runs has to keep the word: one without a keeper can't be saved. Raises
    `HostError` where there is no room, `LabError` where a machine can't be saved; nothing is left then.
    """
    running = {name: machine for name, machine in machines.items() if machine.is_running()}
    keeping = [machine for machine in running.values() if all_keep or machine.keeper.is_there()]
    word = secrets.token_hex(8)
    kept = _of_each(lambda machine: machine.keeper.keep(word, within=ANSWER_WITHIN), keeping)
    with _none_left(folder), _paused(running) as stopped:
        stood = {name: stopped[name] for name in kept}
        saved = Saved(tuple(running), word, stood, {name: each.behind.total_seconds() for name, each in kept.items()})
        folder.mkdir(parents=True)
        side_by_side(lambda machine: machine.save(folder / machine.name), machines.values())
        (folder / LAB).write_text(json.dumps(asdict(saved)))
    _wake(keeping, saved, dict.fromkeys(stood, time.time()))
    return saved


def restore(
    machines: Mapping[str, VirtualMachine],
    folder: Path,
    *,
    proofs: Sequence[Callable[[], None]] = (),
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Put all machines back as they were saved, and have them prove it. Where one can't be, all lose their power.

    `proofs` are further ones, all taken at the same time; `ready` is called when all are there and none goes on yet.
    Raises what they raise, `LabError`, and `Spoiled` where a
    machine has not got the memory that was saved, together in an `ExceptionGroup`.
    """
    saved = Saved.read(folder)
    try:
        side_by_side(lambda machine: machine.restore(folder / machine.name), machines.values())
        ready()
        resumed = _of_each(_resume, [machines[name] for name in saved.running])
        every: list[Callable[[], None]] = [partial(_remember, machines, saved, resumed), *proofs]
        side_by_side(_take, every)
    except BaseException:
        with contextlib.ExitStack() as undo:  # all of them, also where one does not lose its power
            for machine in machines.values():
                undo.callback(machine.cut)
        raise


def _take(proof: Callable[[], None]) -> None:
    proof()


def _resume(machine: VirtualMachine) -> float:
    """Let a machine go on, and return when that was, in seconds since 1970."""
    machine.resume()
    return time.time()


def _remember(machines: Mapping[str, VirtualMachine], saved: Saved, resumed: Mapping[str, float]) -> None:
    """Set the clocks of restored machines, and hold that they keep what they were told."""
    words = _wake([machines[name] for name in saved.stopped], saved, resumed)
    wrong = [name for name, word in words.items() if word != saved.word]
    if wrong:
        raise Spoiled(f"{', '.join(wrong)}: the memory is not the one that was saved: it keeps another word")


def _wake(machines: Collection[VirtualMachine], saved: Saved, resumed: Mapping[str, float]) -> dict[str, str]:
    """Set clocks forward by the time that machines stood still, and return which word each keeps.

    Raises `LabError` where a clock is not as right then as it was.
    """

    def wake(machine: VirtualMachine) -> Kept:
        name = machine.name
        stood = timedelta(seconds=resumed[name] - saved.stopped[name])
        kept = machine.keeper.advance(stood, within=ANSWER_WITHIN)
        before, right = saved.behind[name], RIGHT.total_seconds()
        least, most = kept.at_least.total_seconds() - before, kept.behind.total_seconds() - before
        if least > right or most < -right:
            off = f"{least:.1f} to {most:.1f} s further behind than before"
            raise machine.failed(f"its clock was set forward by {stood}, and is {off}")
        return kept

    return {name: kept.word for name, kept in _of_each(wake, machines).items()}


def _of_each(ask: Callable[[VirtualMachine], T], machines: Collection[VirtualMachine]) -> dict[str, T]:
    """Do something to all machines at the same time, and return what it gave, by their names."""
    answers: dict[str, T] = {}

    def one(machine: VirtualMachine) -> None:
        answers[machine.name] = ask(machine)

    side_by_side(one, machines)
    return answers


@contextlib.contextmanager
def _paused(machines: Mapping[str, VirtualMachine]) -> Iterator[Mapping[str, float]]:
    """Have machines stand still together, whatever happens meanwhile. Yields since when, in seconds since 1970."""
    paused: dict[str, float] = {}
    with contextlib.ExitStack() as undo:  # all of them go on, also where one does not
        for name, machine in machines.items():
            machine.pause()
            undo.callback(machine.resume)
            paused[name] = time.time()
        yield paused


@contextlib.contextmanager
def _none_left(folder: Path) -> Iterator[None]:
    """Remove a checkpoint that was not finished, and say where there is no room."""
    try:
        yield
    except BaseException as error:
        shutil.rmtree(folder, ignore_errors=True)
        if full := _first_of(error, OSError):
            remedy = "free some room, or choose another XDG_CACHE_HOME or --lab-dir"
            raise HostError(Missing(f"the checkpoint can't be written to {folder} ({full})", remedy)) from error
        if failed := _first_of(error, LabError):
            raise failed from error
        raise


def _first_of(error: BaseException, kind: type[Exception]) -> Exception | None:
    if isinstance(error, BaseExceptionGroup):
        return next((found for each in error.exceptions if (found := _first_of(each, kind))), None)
    return error if isinstance(error, kind) else None
