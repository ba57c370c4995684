"""Labs under pytest-xdist: each worker lives in a sandbox of its own from its first instruction.

A worker has threads that read what the controller says, so it can't enter by forking as a single pytest does. The
controller starts its interpreter inside instead. It has to know beforehand whether labs are asked for, and xdist's
controller collects nothing; so a child of it collects and is thrown away.
"""

from __future__ import annotations

import io
import json
import os
import shlex
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import pytest

from harness.sandbox import inside, lease

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from harness.scheduling import LabScheduling

CONTROLLER = "dsession"
"""What xdist calls its plugin in the process that the user has started."""

REFUSED = "refused"
RUN = "harness_run"
SUMMARIES = "harness_summaries"
"""What controller and worker tell each other: the folder of the run's evidence, and what labs say at their end."""


@dataclass(frozen=True)
class Wanted:
    """What a run asks for: the topologies' files, and whether there will be virtual machines.

    `groups` has the modules whose labs start from checkpoints, by their node id, and what those have in common.
    """

    files: tuple[str, ...] = ()
    virtual: bool = False
    groups: Mapping[str, str] = field(default_factory=dict)


def is_controller(config: pytest.Config) -> bool:
    """Say whether this process only starts and follows workers."""
    return config.pluginmanager.has_plugin(CONTROLLER)


def is_worker(config: pytest.Config) -> bool:
    """Say whether a controller has started this process."""
    return hasattr(config, "workerinput")


def run_folder(config: pytest.Config) -> Path | None:
    """Return where the controller wants a worker's evidence; None where it saw no labs, or this is no worker."""
    folder = getattr(config, "workerinput", {}).get(RUN)
    return Path(folder) if folder else None


def name(config: pytest.Config) -> str:
    """Return what xdist calls this worker, as in ``gw0``; nothing where this is none."""
    return str(getattr(config, "workerinput", {}).get("workerid", ""))


def report(config: pytest.Config, summaries: Mapping[str, str]) -> None:
    """Have the controller show what labs said at their end, where this is a worker."""
    if is_worker(config):
        config.workeroutput[SUMMARIES] = dict(summaries)  # type: ignore[attr-defined]


def look_ahead(session: pytest.Session, judge: Callable[[Sequence[pytest.Item]], Wanted]) -> Wanted:
    """Collect in a child, judge what was collected, and return that. Where collection fails, nothing is wanted.

    What is wrong with the tests is left for the workers to find and to say. Raises `UsageError` where the judge does.
    """
    answer, teller = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            _be_silent(session)
            _write(teller, _answer(judge, session.perform_collect()))
            status = 0
        finally:
            os._exit(status)
    os.close(teller)
    with os.fdopen(answer, "rb") as pipe:
        words = pipe.read()
    os.waitpid(child, 0)
    if not words:
        return Wanted()
    seen = json.loads(words)
    if REFUSED in seen:
        raise pytest.UsageError(*seen[REFUSED])
    return Wanted(tuple(seen["files"]), seen["virtual"], seen["groups"])


def _answer(judge: Callable[[Sequence[pytest.Item]], Wanted], items: Sequence[pytest.Item]) -> dict[str, object]:
    try:
        return asdict(judge(items))
    except pytest.UsageError as error:
        return {REFUSED: error.args}


def _write(descriptor: int, answer: dict[str, object]) -> None:
    with os.fdopen(descriptor, "w") as pipe:
        json.dump(answer, pipe)


def _be_silent(session: pytest.Session) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    manager = session.config.pluginmanager
    for name in ("terminalreporter", "terminaldistreporter", CONTROLLER):
        manager.unregister(name=name)


class Controller:
    """The controller's side, a plugin: workers start in sandboxes, share a run's evidence, and keep modules whole."""

    def __init__(self, root: Path | None, run: Path, summaries: dict[str, str], groups: Mapping[str, str]) -> None:
        self._root = root or lease.default_root()
        self._groups = groups
        self._run = run
        self._summaries = summaries

    def pytest_xdist_setupnodes(self, specs: Sequence[Any]) -> None:
        """Have every interpreter on this machine started inside a sandbox."""
        for spec in specs:
            if spec.popen:
                words = shlex.split(spec.python) if spec.python else [sys.executable]
                spec.python = shlex.join(inside.command(self._root, words))

    def pytest_configure_node(self, node: Any) -> None:  # noqa: ANN401 - xdist's own
        """Tell a worker where evidence goes."""
        node.workerinput[RUN] = str(self._run)

    @pytest.hookimpl(tryfirst=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Any) -> LabScheduling | None:  # noqa: ANN401 - xdist's own
        """Keep the scenarios of a module on one worker, for they share a lab, where the user has not chosen."""
        from harness.scheduling import LabScheduling  # noqa: PLC0415 - xdist is there for sure only where it asks

        return LabScheduling(config, log, self._groups) if config.getoption("dist") == "load" else None

    def pytest_testnodedown(self, node: Any) -> None:  # noqa: ANN401 - xdist's own
        """Take over what a worker's labs said at their end."""
        self._summaries.update(getattr(node, "workeroutput", {}).get(SUMMARIES, {}))


class _Prefixed(io.TextIOWrapper):
    """A text stream that writes whole lines, each after a prefix, and nothing that would be redrawn."""

    prefix = ""

    def write(self, text: str) -> int:
        """Write lines, each after the prefix."""
        return super().write("".join(f"{self.prefix}{line}\n" for line in text.splitlines()))

    def isatty(self) -> bool:
        """Say that nothing may be redrawn here: others write, too."""
        return False


def prefixed(descriptor: int, prefix: str) -> TextIO:
    """Return a stream for lines to a screen that several workers share; it owns the descriptor."""
    stream = _Prefixed(os.fdopen(descriptor, "wb"))
    stream.prefix = prefix
    return stream
