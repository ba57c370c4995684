from __future__ import annotations

import pytest

from harness.images.cache import user_cache
from tests.tiny import TOPOLOGY

CACHE = user_cache().parent
"""The user's own, where images are; a suite of its own has another home."""


def test_a_lab_without_a_marker_says_what_to_write(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_it(lab): pass")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(['*needs pytestmark = pytest.mark.lab("NAME")*'])


@pytest.mark.kernel
def test_a_module_s_scenarios_share_one_lab(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.lab("three-sites", machines="any")
        def test_one(lab): lab.switch_on("node01")
        def test_two(lab): assert lab.machines["node01"].is_on()
        """
    )
    suite.runpytest_subprocess("--lab-machines=namespace").assert_outcomes(passed=2)


@pytest.mark.kernel
@pytest.mark.guest
def test_a_lab_that_this_host_has_no_memory_for_is_refused_with_what_to_do(
    suite: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(CACHE))
    (suite.path / "topologies/vast.yaml").write_text(TOPOLOGY.replace("memory: 512 MiB", "memory: 900 TiB"))
    suite.makepyfile("import pytest\npytestmark = pytest.mark.lab('vast')\ndef test_it(lab): pass\n")
    result = suite.runpytest_subprocess()
    result.assert_outcomes(errors=1)
    words = "memory too small for the lab: it needs 943718560 MiB (1 machines: 943718400 MiB, and 160 MiB for *"
    result.stdout.fnmatch_lines([words])
    result.stdout.fnmatch_lines(["*give its machines less memory in the topology*"])
    result.stdout.no_fnmatch_line("*Traceback*")
