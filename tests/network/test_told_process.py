"""What holds for every process that is told; those that there are have tests of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import LabError
from harness.network.told_process import ToldProcess
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_what_does_not_start_is_told_with_its_last_words_and_leaves_nothing(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home:
        process = ToldProcess("harness.no_such_module", "the nothing", tmp_path / "a.pcapng", namespace=home)
        with pytest.raises(LabError, match=r"the nothing did not start(.|\n)*No module named"):
            process.launch({})
        assert process.pid is None
        with pytest.raises(LabError, match="the nothing was asked to dance while it was not running"):
            process.exchange({"do": "dance"}, "dance")
        process.stop()
