from __future__ import annotations

import pytest

pytestmark = pytest.mark.kernel

HEAD = """
import pytest
from harness.errors import LabError
pytestmark = pytest.mark.lab("three-sites", machines="any")
"""


def run(suite: pytest.Pytester, body: str) -> pytest.RunResult:
    suite.makepyfile(HEAD + body)
    return suite.runpytest_subprocess("-rs", "--lab-machines=namespace")


def test_what_the_harness_says_of_a_lab_is_all_that_is_told_and_where_the_evidence_is(suite: pytest.Pytester) -> None:
    result = run(suite, "def test_it(lab):\n    raise LabError('the cable is green')\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the cable is green", "*lab evidence*", "*three-sites", "three-sites: seed *"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*raise LabError*")


def test_any_other_error_keeps_its_traceback(suite: pytest.Pytester) -> None:
    result = run(suite, "def test_it(lab):\n    raise ExceptionGroup('two', [LabError('one'), KeyError('b')])\n")
    result.stdout.fnmatch_lines(["*raise ExceptionGroup*"])


def test_a_lab_that_can_t_be_set_up_fails_once_and_skips_the_rest(suite: pytest.Pytester) -> None:
    body = """
@pytest.fixture(scope="module")
def cluster(lab):
    raise LabError("no leader")
def test_one(cluster): pass
def test_two(cluster): pass
"""
    result = run(suite, body)
    result.assert_outcomes(errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*the lab broke before: test_one: no leader*"])
