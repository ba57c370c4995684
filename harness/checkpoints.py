"""A checkpoint of all machines of a lab at once: paused together, saved side by side, put back all or none.

What is on its way between two machines when they are paused is lost, as frames are. A restored lab proves itself: every
machine that was told a word before it was saved still has it, and has its clock set.
"""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING

from harness.errors import HostError, LabError, Missing
from harness.lab import side_by_side
from harness.machines.checkpoint_store import Spoiled
from harness.machines.keeper import RIGHT
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.machines.virtual import VirtualMachine

LAB = "lab.json"
ANSWER_WITHIN = 5 * seconds
TRIES = 3
"""A machine that is just back takes its time to set its clock, and is behind by that; the next time, it is faster."""
TOLERABLE = 5 * seconds
"""How far behind a clock may be on a host that is so busy that it does not get better."""


@dataclass(frozen=True)
class Saved:
    """What is noted of a lab: which machines ran, and which of them keep the word."""

    running: tuple[str, ...]
    word: str
    keeping: tuple[str, ...]

    @classmethod
    def read(cls, folder: Path) -> Saved:
        """Read it from a checkpoint. Raises `Spoiled`."""
        try:
            given = json.loads((folder / LAB).read_text())
            return cls(tuple(given["running"]), str(given["word"]), tuple(given["keeping"]))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise Spoiled(f"{folder} holds no saved lab: {error}") from error


def save(machines: Mapping[str, VirtualMachine], folder: Path) -> Saved:
    """Save all machines as they are at one moment into a new folder; they go on then. Returns what is noted of them.

    Raises `HostError` where there is no room, `LabError` where a machine can't be saved; nothing is left then.
    """
    running = {name: machine for name, machine in machines.items() if machine.is_running()}
    keeping = [machine for machine in running.values() if machine.keeper.is_there()]
    saved = Saved(tuple(running), secrets.token_hex(8), tuple(machine.name for machine in keeping))
    side_by_side(lambda machine: machine.keeper.keep(saved.word, within=ANSWER_WITHIN), keeping)
    with _none_left(folder), _paused(running.values()):
        folder.mkdir(parents=True)
        side_by_side(lambda machine: machine.save(folder / machine.name), machines.values())
        (folder / LAB).write_text(json.dumps(asdict(saved)))
    _wake(keeping)
    return saved


def restore(machines: Mapping[str, VirtualMachine], folder: Path, *, proofs: Sequence[Callable[[], None]] = ()) -> None:
    """Put all machines back as they were saved, and have them prove it. Where one can't be, all lose their power.

    `proofs` are further ones, all taken at the same time. Raises what they raise, `LabError`, and `Spoiled` where a
    machine has not got the memory that was saved, together in an `ExceptionGroup`.
    """
    saved = Saved.read(folder)
    try:
        side_by_side(lambda machine: machine.restore(folder / machine.name), machines.values())
        side_by_side(lambda name: machines[name].resume(), saved.running)
        every: list[Callable[[], None]] = [partial(_remember, machines, saved), *proofs]
        side_by_side(_take, every)
    except BaseException:
        for machine in machines.values():
            machine.cut()
        raise


def _take(proof: Callable[[], None]) -> None:
    proof()


def _remember(machines: Mapping[str, VirtualMachine], saved: Saved) -> None:
    """Set the clocks of restored machines, and hold that they keep what they were told."""
    words = _wake([machines[name] for name in saved.keeping])
    wrong = [name for name, word in words.items() if word != saved.word]
    if wrong:
        raise Spoiled(f"{', '.join(wrong)}: the memory is not the one that was saved: it keeps another word")


def _wake(machines: Collection[VirtualMachine]) -> dict[str, str]:
    """Set clocks, and return which word each machine keeps. Raises `LabError` where a clock is not right then."""
    words: dict[str, str] = {}

    def wake(machine: VirtualMachine) -> None:
        for _ in range(TRIES):
            woken = machine.keeper.wake(within=ANSWER_WITHIN)
            if abs(woken.behind) <= RIGHT:
                break
        if abs(woken.behind) > TOLERABLE:
            raise machine.failed(f"its clock was set {TRIES} times, and is {woken.behind.total_seconds():.1f} s behind")
        words[machine.name] = woken.word

    side_by_side(wake, machines)
    return words


@contextlib.contextmanager
def _paused(machines: Collection[VirtualMachine]) -> Iterator[None]:
    """Have machines stand still together, whatever happens meanwhile."""
    paused = []
    try:
        for machine in machines:
            machine.pause()
            paused.append(machine)
        yield
    finally:
        for machine in paused:
            machine.resume()


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
