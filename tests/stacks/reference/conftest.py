from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.stacks.reference import ReferenceStack
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from harness.topology.model import Topology
    from tests.stacks.reference.lab import Lab

    NewLab = Callable[[Path, Topology | None, ReferenceStack | None], Lab]


@pytest.fixture(scope="session")
def new_lab() -> NewLab:
    """Make labs, or skip where there can be none."""
    from tests.stacks.reference.lab import T036, Lab  # noqa: PLC0415 - loads pyroute2, which most tests don't need
    from tests.stacks.reference.rack import missing  # noqa: PLC0415 - as above

    if why := missing():
        pytest.skip(why)
    return lambda folder, topology, stack: Lab(folder, topology or T036, stack or ReferenceStack(wait=30 * seconds))


@pytest.fixture(scope="module")
def formed(new_lab: NewLab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Three machines after their first boot; tests leave them as they are."""
    with new_lab(tmp_path_factory.mktemp("formed"), None, None) as lab:
        lab.bootstrap()
        yield lab
