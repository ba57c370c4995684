from __future__ import annotations

import pytest


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
