"""Where a user reads at once what labs say, whatever pytest captures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TextIO

from harness import workers
from harness.plugin.stash import screen_key

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from harness.trace.display import Display


def reporter(config: pytest.Config) -> Callable[[str], None]:
    """Return what says a line there."""
    stream = _screen(config)

    def report(line: str) -> None:
        _begin_line(config)
        stream.write(f"{line}\n")
        stream.flush()

    return report


def tell(config: pytest.Config, line: str) -> None:
    """Say a line on a screen that is opened when the first is said."""
    reporter(config)(line)


def display(config: pytest.Config) -> Display:
    """Return what shows there where machines are."""
    from harness.trace.display import choose  # noqa: PLC0415 - imported when a lab is asked for

    _begin_line(config)
    return choose(_screen(config))


def _begin_line(config: pytest.Config) -> None:
    """End the line on which pytest shows its progress; by itself it would write where a test's output goes."""
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and terminal.currentfspath is not None:
        _screen(config).write("\n")
        terminal.currentfspath = None


def _screen(config: pytest.Config) -> TextIO:
    """Return a stream to where pytest writes, which its capture of a test's output does not reach.

    It is opened before the first test, while nothing is captured.
    """
    if screen_key not in config.stash:
        screen, worker = os.dup(1), workers.name(config)
        stream = workers.prefixed(screen, f"[{worker}] ") if worker else os.fdopen(screen, "w")
        config.add_cleanup(stream.close)
        config.stash[screen_key] = stream
    return config.stash[screen_key]
