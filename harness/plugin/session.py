"""Before the first test: what labs need is checked, and the process enters the sandbox."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness import workers
from harness.errors import HarnessError, Problem, SpecError
from harness.plugin import marker, options, screen
from harness.plugin.stash import summaries_key, workbench_key
from harness.sandbox import inside

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

UNUSABLE = 2


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> None:
    """Before the first test: load every topology that is asked for, check the host, and enter the sandbox."""
    config = session.config
    wanted = marker.wanted(session.items)
    broken = session.testsfailed and not config.option.continue_on_collection_errors
    if not wanted.files or config.option.collectonly or broken:
        return
    from harness import workbench  # noqa: PLC0415 - imported when a lab is asked for

    if not workers.is_worker(config):
        with _refusing():
            _check_choices(config, wanted.files)
            config.stash[workbench_key] = workbench.prepare(
                options.settings(config), screen.reporter(config), virtual=wanted.virtual
            )
    elif (lease := inside.own_lease()) and (run := workers.run_folder(config)):
        config.stash[workbench_key] = workbench.adopt(
            options.settings(config), lease, run, partial(screen.tell, config)
        )


@pytest.hookimpl(trylast=True)  # after pytest is ready to collect; xdist's own, which starts workers, is later still
def pytest_sessionstart(session: pytest.Session) -> None:
    """Before xdist starts its workers: find out whether they need labs, and check the host for them."""
    config = session.config
    if not workers.is_controller(config):
        return
    wanted = workers.look_ahead(session, marker.wanted)
    if not wanted.files:
        return
    from harness import workbench  # noqa: PLC0415 - imported when a lab is asked for

    with _refusing():
        _check_choices(config, wanted.files)
        settings = options.settings(config)
        workbench.check(settings, screen.reporter(config), virtual=wanted.virtual)
        run = workbench.make_run(settings)
    summaries = config.stash.setdefault(summaries_key, {})
    config.pluginmanager.register(workers.Controller(settings.lab_dir, run, summaries, wanted.groups))


@contextmanager
def _refusing() -> Iterator[None]:
    """End the run with what the harness says, where it can't give labs."""
    try:
        yield
    except HarnessError as error:
        pytest.exit(f"no lab can start:\n{error}", UNUSABLE)


def _check_choices(config: pytest.Config, files: Sequence[str]) -> None:
    """Raise `SpecError` with every problem of the topologies, and `HostError` where there is no such stack."""
    from harness.assembly import find_stack  # noqa: PLC0415 - imported when a lab is asked for
    from harness.topology.loader import load  # noqa: PLC0415 - as above

    problems: list[Problem] = []
    for path in files:
        try:
            load(Path(path))
        except SpecError as error:
            problems += error.problems
    if problems:
        raise SpecError(problems)
    if stack := config.getoption("--lab-stack"):
        find_stack(stack)
