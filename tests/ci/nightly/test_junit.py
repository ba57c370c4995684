from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from night import junit
from night.outcome import CELL, Hits, Outcome
from night.verdicts import Verdict
from tests import nights

PROPERTIES = """\
<properties><property name="verdict" value="{verdict}"/><property name="because" value="nobody can say"/>
<property name="patience" value="2.50"/><property name="phase:power-on to installed" value="12.5"/>
<property name="signature" value="two leaders"/><property name="signature-back" value="8"/>
<property name="signature-runs" value="10"/></properties>"""


def parsed(folder: Path, *cases: str) -> list[Outcome]:
    path = folder / "junit.xml"
    path.write_text(f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>")
    return junit.read(path)


def case(inner: str = "", name: str = "test_it") -> str:
    where = 'classname="scenarios.test_tiny" file="scenarios/test_tiny.py"'
    return f'<testcase {where} name="{name}" time="1.5">{inner}</testcase>'


def test_outcomes_are_read(tmp_path: Path) -> None:
    one, two, three, four = parsed(
        tmp_path,
        case(),
        case('<failure message="no leader&#10;and more">all of it</failure>', "test_b[x-1]"),
        case('<skipped message="not today"/>', "test_c"),
        case('<error message="no lab">at set-up</error>', "test_d"),
    )
    assert (one.scenario, one.verdict, one.took) == (nights.SCENARIO, Verdict.PASSED, timedelta(seconds=1.5))
    assert (two.scenario, two.verdict) == ("scenarios/test_tiny.py::test_b[x-1]", Verdict.FAILED)
    assert (two.because, two.details) == ("no leader", "all of it")
    assert (three.verdict, three.because) == (Verdict.SKIPPED, "not today")
    assert (four.verdict, four.because) == (Verdict.FAILED, "no lab")


def test_properties_are_read(tmp_path: Path) -> None:
    (one,) = parsed(tmp_path, case(PROPERTIES.format(verdict="unknown") + "<failure>…</failure>"))
    assert (one.verdict, one.because, one.patience) == (Verdict.UNKNOWN, "nobody can say", 2.5)
    assert one.phases == {"power-on to installed": timedelta(seconds=12.5)}
    assert one.hits == Hits("two leaders", 8, 10)


def test_what_junit_says_has_passed_is_not_made_a_failure_by_a_property(tmp_path: Path) -> None:
    (one,) = parsed(tmp_path, case(PROPERTIES.format(verdict="unknown")))
    assert one.verdict is Verdict.PASSED


def test_a_tear_down_that_fails_outweighs_a_test_that_passed(tmp_path: Path) -> None:
    (one,) = parsed(tmp_path, case(), case('<error message="failed on teardown"/>'))
    assert (one.verdict, one.because) == (Verdict.FAILED, "failed on teardown")


def test_a_scenario_that_was_interrupted_has_not_passed(tmp_path: Path) -> None:
    assert parsed(tmp_path, '<testcase time="7.066" />') == []


def test_a_file_that_can_t_be_collected_is_a_failure(tmp_path: Path) -> None:
    broken = (
        '<testcase classname="" name="scenarios.test_tiny" time="0"><error message="collection failure"/></testcase>'
    )
    (one,) = parsed(tmp_path, broken)
    assert (one.scenario, one.verdict) == ("scenarios/test_tiny.py", Verdict.FAILED)


def test_a_test_of_a_class_is_named_as_pytest_runs_it_again(tmp_path: Path) -> None:
    where = 'classname="scenarios.test_tiny.TestIt" file="scenarios/test_tiny.py"'
    (one,) = parsed(tmp_path, f'<testcase {where} name="test_a" time="0"/>')
    assert one.scenario == "scenarios/test_tiny.py::TestIt::test_a"


@pytest.mark.parametrize("number", ["", "soon", "nan", "inf", "-5"])
def test_numbers_that_are_none_count_as_nothing(number: str, tmp_path: Path) -> None:
    words = PROPERTIES.format(verdict="passed")
    for good in ("2.50", "12.5", '"8"', '"10"'):
        words = words.replace(good, f'"{number}"' if '"' in good else number)
    (one,) = parsed(tmp_path, case(words))
    assert (one.patience, one.hits) == (1.0, None)
    assert one.phases == {"power-on to installed": timedelta()}


@pytest.mark.parametrize("hits,runs", [("11", "10"), ("0", "0"), ("-1", "10")])
def test_a_rate_that_makes_no_sense_is_none(hits: str, runs: str, tmp_path: Path) -> None:
    words = PROPERTIES.format(verdict="passed").replace('"8"', f'"{hits}"').replace('"10"', f'"{runs}"')
    (one,) = parsed(tmp_path, case(words))
    assert one.hits is None


@pytest.mark.parametrize(
    "text,words",
    [
        (None, "ended before it wrote any result"),
        ("", "cut off or no JUnit XML"),
        ("<testsuites><testsuite><testcase na", "cut off or no JUnit XML"),
        ("<html/>", "begin with <html>"),
        ("\x00\x01", "cut off or no JUnit XML"),
    ],
)
def test_what_can_t_be_read_says_so(text: str | None, words: str, tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(junit.Unreadable, match=words):
        junit.read(path)


def test_what_is_written_has_every_verdict_and_the_cell_s_properties(tmp_path: Path) -> None:
    path = tmp_path / "junit.xml"
    outcomes = [
        nights.outcome(phases={"boot": 2.5}),
        nights.outcome(Verdict.FAILED, scenario="a.py::test_failed", because="no leader \x1b[31m<now>"),
        nights.outcome(Verdict.FLAKY, scenario="a.py::test_flaky", because="sometimes"),
        nights.outcome(Verdict.UNKNOWN, scenario="a.py::test_unknown"),
        nights.outcome(Verdict.QUARANTINED, scenario="a.py::test_known", because="as ever"),
        nights.outcome(Verdict.FAILED, scenario=CELL, because="killed by SIGKILL"),
    ]
    junit.write(path, outcomes, {"cell": nights.CELL, "commit": "abc"})
    (suite,) = ET.parse(path).getroot()  # noqa: S314 - ours
    assert {name: suite.get(name) for name in ("name", "tests", "failures", "skipped")} == {
        "name": nights.CELL,
        "tests": "6",
        "failures": "4",
        "skipped": "1",
    }
    told = [(one.get("name"), one.get("value")) for one in suite.iterfind("properties/property")]
    assert told == [("cell", nights.CELL), ("commit", "abc")]
    failure = suite.find("testcase[@name='test_failed']/failure")
    assert failure is not None
    assert failure.get("message") == "failed: no leader \ufffd[31m<now>"
    assert suite.find("testcase[@name='test_it']/properties/property[@name='phase:boot'][@value='2.500']") is not None
    assert suite.find("testcase[@name='test_known']/skipped[@message='quarantined: as ever']") is not None
    assert [one.verdict for one in junit.read(path)][:2] == [Verdict.PASSED, Verdict.FAILED]
