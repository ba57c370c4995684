"""What all tests share."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings

# A machine that also runs guests is slow now and then; and what holds of a commit does so in each run of its tests.
# Other examples than those of every run are drawn with --hypothesis-profile=explore.
settings.register_profile("harness", deadline=None, derandomize=True)
settings.register_profile("explore", deadline=None, derandomize=False)
settings.load_profile("harness")

# A shell has what it runs in the background ignore SIGINT, nohup(1) SIGHUP, and so would all that tests start, and end.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that is open to all users; pytest's own are open to none but this one."""
    with TemporaryDirectory(prefix="harness-") as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)
