from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import RealRig, real_rig


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[RealRig]:
    with real_rig(tmp_path, "node01", "node04", "node07") as built:
        yield built
