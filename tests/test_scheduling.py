"""Which worker runs which module, chosen and in a real run; and workers that always crash."""

from __future__ import annotations

import shutil
from collections import defaultdict
from pathlib import Path

import pytest

from harness.scheduling import choose

TOPOLOGIES = Path(__file__).parents[1] / "scenarios/topologies"

GROUPS = {"a1": "A", "a2": "A", "b1": "B", "b2": "B"}


@pytest.mark.parametrize(
    "waiting,mine,begun,chosen",
    [
        ({"a1": 1, "b1": 1}, None, (), "a1"),  # the first, where nothing speaks for another
        ({"a1": 1, "b1": 9, "a2": 1}, None, (), "b1"),  # the largest group
        ({"a1": 3, "b1": 4, "a2": 3}, None, (), "a1"),  # of which all modules count
        ({"b1": 9, "a2": 1, "x": 9}, "A", ("A",), "a2"),  # its own group before any
        ({"a2": 9, "x": 1}, "B", ("A", "B"), "x"),  # what nobody has begun before helping others
        ({"a2": 9, "b2": 1}, "C", ("A", "B", "C"), "a2"),  # but it does help: nobody is idle
    ],
)
def test_a_worker_keeps_to_its_group_then_begins_one_then_helps(
    waiting: dict[str, int], mine: str | None, begun: tuple[str, ...], chosen: str
) -> None:
    assert choose(waiting, GROUPS, mine, begun) == chosen


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    folder = pytester.mkdir("topologies")
    for name in ("one", "other"):
        shutil.copy(TOPOLOGIES / "three-sites.yaml", folder / f"{name}.yaml")
    return pytester


def run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    words = ("--lab-machines=namespace", f"--lab-dir={suite.path}/l", *options)
    return suite.runpytest_subprocess(*words, timeout=90)


@pytest.mark.kernel
def test_modules_that_share_checkpoints_share_a_worker(suite: pytest.Pytester) -> None:
    scenario = """
        import os
        from pathlib import Path
        import pytest
        pytestmark = pytest.mark.lab("{topology}", machines="any", start="cluster")
        def test_it(lab):
            with Path("order").open("a") as order:
                order.write(f"{{os.environ['PYTEST_XDIST_WORKER']}} {topology}\\n")
    """
    for topology, modules in ("one", "acehi"), ("other", "bdf"):
        suite.makepyfile(**{f"test_{name}": scenario.format(topology=topology) for name in modules})
    run(suite, "-n", "2").assert_outcomes(passed=8)
    ran: dict[str, list[str]] = defaultdict(list)
    for line in (suite.path / "order").read_text().splitlines():
        worker, topology = line.split()
        ran[worker].append(topology)
    firsts = {each[0] for each in ran.values()}
    assert firsts == {"one", "other"}
    # Whoever has left its group to help another never comes back.
    assert all(sorted(each, key=lambda one: one != each[0]) == each for each in ran.values())


@pytest.mark.kernel
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_scenario_that_kills_its_worker_fails_once_and_the_others_go_on(suite: pytest.Pytester, workers: str) -> None:
    head = """
        import os
        from pathlib import Path
        import pytest
        pytestmark = pytest.mark.lab("one", machines="any")
    """
    crash = """
        def test_crash(lab):
            with Path("crashes").open("a") as times:
                times.write("once more\\n")
            os.kill(os.getpid(), 9)
    """
    after = """
        def test_after(lab): pass
    """
    suite.makepyfile(test_a=head + crash + after, test_b=head + after, test_c=head + crash, test_d=head + after)
    result = run(suite, "-n", workers)
    result.assert_outcomes(passed=3, failed=2)
    assert (suite.path / "crashes").read_text().count("once more") == 2
    assert not [path for path in (suite.path / "l").iterdir() if path.is_dir()]
