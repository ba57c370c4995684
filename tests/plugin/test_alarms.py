from __future__ import annotations

import pytest

pytestmark = pytest.mark.kernel


def test_a_fixture_ends_at_once_where_the_switch_dies(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import os, signal, time
        from pathlib import Path
        import pytest
        from harness.sandbox.waiting import wait_until
        from harness.units import seconds
        pytestmark = pytest.mark.lab("three-sites", machines="any")
        @pytest.fixture
        def ready(lab):
            os.kill(lab.network.process.pid, signal.SIGKILL)
            began = time.monotonic()
            try:
                wait_until("what never comes", lambda: None, within=60 * seconds)
            finally:
                Path("waited").write_text(str(time.monotonic() - began))
        def test_it(ready): pass
        """
    )
    result = suite.runpytest_subprocess("--lab-machines=namespace")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*the switch ended with status -9*"])
    assert float((suite.path / "waited").read_text()) < 30
