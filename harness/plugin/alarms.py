"""What runs on a lab ends at once where the lab's network dies meanwhile."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

import pytest

from harness.plugin.stash import lab_key

if TYPE_CHECKING:
    from collections.abc import Generator
    from contextlib import AbstractContextManager


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """End a fixture at once where the lab's network dies meanwhile."""
    del fixturedef
    with _listening(request.config):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """End a scenario at once where the lab's network dies meanwhile."""
    with _listening(pyfuncitem.config):
        return (yield)


def _listening(config: pytest.Config) -> AbstractContextManager[None]:
    """Let the error by which a lab's network ends be raised in this block, as soon as it is there."""
    lab = config.stash.get(lab_key, None)
    return nullcontext() if lab is None else lab.alarm.listening()
