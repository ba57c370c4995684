from __future__ import annotations

import pytest

SCENARIO = """
import pytest
pytestmark = pytest.mark.lab("three-sites", {words})
def test_it(lab): pass
"""


def test_the_marker_is_declared(suite: pytest.Pytester) -> None:
    suite.runpytest_subprocess("--markers").stdout.fnmatch_lines(["@pytest.mark.lab(topology, *"])


@pytest.mark.parametrize("words", ["machines='moon'", "start='moon'", "machine='namespace'"])
def test_a_word_that_it_does_not_know_is_refused_before_anything_starts(suite: pytest.Pytester, words: str) -> None:
    suite.makepyfile(SCENARIO.format(words=words))
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*test_*.py: the marker lab has {words}, expected *"])


@pytest.mark.parametrize("workers", ["0", "1"])
def test_all_mistakes_of_all_markers_are_told_at_once(suite: pytest.Pytester, workers: str) -> None:
    suite.makepyfile(
        test_one=SCENARIO.format(words="machines='moon', start='moon'"), test_two=SCENARIO.format(words="sites=3")
    )
    result = suite.runpytest_subprocess("-n", workers)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(
        [
            "ERROR: *test_one.py: the marker lab has machines='moon', expected one of 'vm', *",
            "ERROR: *test_one.py: the marker lab has start='moon', expected one of 'off', *",
            "ERROR: *test_two.py: the marker lab has sites=3, expected machines and start at most",
        ]
    )


@pytest.mark.parametrize("topology,told", [("", "nothing"), ("5", "5"), ("'one', 'two'", "'one', 'two'")])
def test_it_names_one_topology(suite: pytest.Pytester, topology: str, told: str) -> None:
    suite.makepyfile(SCENARIO.replace('"three-sites", {words}', topology))
    result = suite.runpytest_subprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*test_*.py: the marker lab has {told}, expected the name of one topology"])


@pytest.mark.parametrize(
    "needed, kind, asked", [("vm", "virtual", "namespace"), ("namespace", "namespace", "vm")], ids=["guests", "others"]
)
def test_scenarios_that_need_other_machines_are_skipped(
    suite: pytest.Pytester, needed: str, kind: str, asked: str
) -> None:
    suite.makepyfile(SCENARIO.format(words=f"machines='{needed}'"))
    result = suite.runpytest_subprocess("-rs", f"--lab-machines={asked}")
    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"*needs {kind} machines: run without --lab-machines={asked}"])


@pytest.mark.parametrize(
    "start, asks, rung",
    [("", "cluster", "cluster"), ("", "request", "off"), (', start="installer"', "cluster", "installer")],
)
def test_who_asks_for_a_cluster_starts_from_one(suite: pytest.Pytester, start: str, asks: str, rung: str) -> None:
    suite.makepyfile(
        f"""
        import pytest
        from harness.plugin import marker
        pytestmark = pytest.mark.lab("three-sites"{start})
        @pytest.fixture(scope="module")
        def cluster(): pass  # none is started here
        def test_first(request): assert marker.rung(request.node) == "{rung}"
        def test_second({asks}): pass
        """
    )
    suite.runpytest_subprocess().assert_outcomes(passed=2)
