"""Labs under pytest-xdist, in a pytest of its own."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from harness import workers

TOPOLOGIES = Path(__file__).parents[1] / "scenarios/topologies"

SCENARIO = """
import os
from pathlib import Path
import pytest
from harness.units import seconds
pytestmark = pytest.mark.lab("three-sites", machines="any")

def place():
    spaces = [os.readlink(f"/proc/self/ns/{{kind}}") for kind in ("net", "pid", "mnt")]
    return " ".join([os.environ["PYTEST_XDIST_WORKER"], *spaces, os.environ["HARNESS_LEASE"]])

def test_one(lab):
    lab.switch_on("node01", "node02")
    answer = lab.machines["node01"].run(["hostname"], within=9 * seconds)
    assert answer.status == 0
    Path("{name}.place").write_text(place())

def test_two(lab):
    assert lab.machines["node01"].is_on()
    assert Path("{name}.place").read_text() == place()
"""


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("topologies")
    shutil.copy(TOPOLOGIES / "three-sites.yaml", folder)
    return pytester


@pytest.mark.kernel
def test_each_worker_has_a_sandbox_of_its_own_and_keeps_a_module_whole(suite: pytest.Pytester) -> None:
    names = ("first", "second")
    suite.makepyfile(**{f"test_{name}": SCENARIO.format(name=name) for name in names})
    result = suite.runpytest_subprocess("-n", "2", "--lab-machines=namespace", f"--lab-dir={suite.path}/l")
    result.assert_outcomes(passed=4)
    places = [(suite.path / f"{name}.place").read_text().split() for name in names]
    assert all(one != other for one, other in zip(*places, strict=True))
    assert not [path for path in (suite.path / "l").iterdir() if path.is_dir()]
    runs = [path for path in (suite.path / "evidence").iterdir() if not path.is_symlink()]
    assert sorted(path.name for path in runs[0].iterdir() if path.is_dir()) == [
        f"test_{name}-three-sites" for name in names
    ]
    assert len(runs) == 1
    assert len(re.findall(r"three-sites: seed", result.stdout.str())) == 2


@pytest.mark.kernel
def test_a_worker_that_crashes_is_replaced_by_one_in_a_sandbox(suite: pytest.Pytester) -> None:
    crash = """
def test_crash(lab):
    os.kill(os.getpid(), 9)

def test_after(lab):
    Path("after.place").write_text(place())
"""
    suite.makepyfile(test_a=SCENARIO.format(name="a") + crash, test_b=SCENARIO.format(name="b"))
    result = suite.runpytest_subprocess("-n", "2", "--lab-machines=namespace", f"--lab-dir={suite.path}/l", timeout=60)
    result.stdout.fnmatch_lines(["*replacing crashed worker*"])
    before, after = ((suite.path / f"{name}.place").read_text().split() for name in ("a", "after"))
    assert (before[0], before[-1]) != (after[0], after[-1])
    assert after[1] != str(Path("/proc/self/ns/net").readlink())
    assert not [path for path in (suite.path / "l").iterdir() if path.is_dir()]


def test_what_no_lab_can_start_from_is_refused_before_workers(suite: pytest.Pytester) -> None:
    (suite.path / "topologies/three-sites.yaml").write_text("name: broken\ncolour: red\n")
    suite.makepyfile(SCENARIO.format(name="a"))
    result = suite.runpytest_subprocess("-n", "1")
    assert result.ret == 2
    result.stdout.fnmatch_lines(["*no lab can start:*", "*three-sites.yaml:2: *colour*"])


def test_a_run_without_labs_stays_where_it_is(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        f"""
        import os, sys
        from pathlib import Path
        def test_it():
            assert os.readlink("/proc/self/ns/net") == {str(Path("/proc/self/ns/net").readlink())!r}
            assert "HARNESS_LEASE" not in os.environ
            assert "harness.workbench" not in sys.modules
        """
    )
    suite.runpytest_subprocess("-n", "1").assert_outcomes(passed=1)


def test_tests_that_can_t_be_collected_are_the_workers_to_report(suite: pytest.Pytester) -> None:
    suite.makepyfile("import no_such_module")
    result = suite.runpytest_subprocess("-n", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*No module named 'no_such_module'*"])


def test_lines_of_a_worker_say_whose_they_are(tmp_path: Path) -> None:
    with (tmp_path / "screen").open("wb") as file, workers.prefixed(os.dup(file.fileno()), "[gw1] ") as stream:
        stream.write("node01: powered on\nnode02: powered on\n")
        assert not stream.isatty()
    assert (tmp_path / "screen").read_text() == "[gw1] node01: powered on\n[gw1] node02: powered on\n"
