from __future__ import annotations

import pytest


def test_what_is_told_is_a_line_on_the_screen_at_once_whatever_is_captured(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_it="""
        from harness.plugin import screen
        def test_it(request, told):
            print("of the test")
            told("of the lab")
        """
    )
    suite.makeconftest(
        """
        import pytest
        from harness.plugin import screen
        def pytest_sessionstart(session):
            screen.reporter(session.config)
        @pytest.fixture
        def told(request):
            return screen.reporter(request.config)
        """
    )
    result = suite.runpytest_subprocess()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*test_it.py*", "of the lab"])
    result.stdout.no_fnmatch_line("*of the test*")
