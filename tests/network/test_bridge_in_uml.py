"""The bridge kind on a kernel that has all that it needs: this host's where it does, user-mode-linux elsewhere."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.network.uml import run_on_a_whole_kernel

pytestmark = pytest.mark.kernel

WITHIN = timedelta(minutes=5)
"""So long it may take on a host that is busy with much else; alone it takes half a minute."""


def test_bridges_do_what_every_kind_must_and_what_our_switch_does(tmp_path: Path) -> None:
    run_on_a_whole_kernel(["conformance", "impaired", "losses", "differential"], tmp_path, within=WITHIN)
