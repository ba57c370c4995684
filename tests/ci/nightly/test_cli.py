"""Whole nights by ``python -m night``, as ``ci/nightly`` starts it: one with a real lab, others without."""

from __future__ import annotations

import fcntl
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.sandbox.waiting import wait_until
from harness.units import seconds
from night.history import History
from night.verdicts import Verdict
from tests import nights
from tests.processes import alive

ROOT = Path(__file__).parents[3]

LAB = """
import pytest
from harness.errors import Inconclusive
from harness.incident.reproduction.outcome import Outcome

pytestmark = pytest.mark.lab("three-sites", machines="any")

def test_machines_come_up(lab, request):
    lab.switch_on("node01")
    assert lab.machines["node01"].is_on()
    came_back = Outcome("two leaders", runs=10, back=8, unknown=0, healed=10)
    request.node.user_properties += came_back.properties().items()

def test_is_known_to_fail(lab):
    raise AssertionError("the known bug")

def test_is_undecided(lab):
    raise Inconclusive("a leader", ["frames were lost"])
"""
BOUND = '[[bounds]]\nphase = "set-up"\nwithin = "1 ms"\n'
QUARANTINE = """\
[[quarantine]]
scenario = "*::test_is_known_to_fail"
cells = "*"
issue = "https://forge.example/lab/issues/7"
until = {until}
"""


def started(folder: Path, *words: str) -> subprocess.Popen[str]:
    options = ("--no-setup", "--root", ".", "--matrix", "nightly.toml", "--quarantine", "quarantine.toml")
    command = [sys.executable, "-m", "night", *options, "--results", "results", *words]
    environment = {"PYTHONPATH": f"{ROOT}/ci:{ROOT}", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": str(folder)}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=pipe, stderr=pipe)


def night(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    with started(folder, *words) as begun:
        out, err = begun.communicate(timeout=120)
    return subprocess.CompletedProcess(words, begun.returncode, out, err)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with scenarios that need no lab."""
    nights.written(tmp_path)
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "scenarios/test_tiny.py").write_text("def test_it(): pass\n")
    return tmp_path


@pytest.mark.kernel
def test_a_night_with_a_lab_from_its_scenarios_to_its_page(checkout: Path) -> None:
    (checkout / "scenarios/topologies").mkdir()
    shutil.copy(ROOT / "scenarios/topologies/three-sites.yaml", checkout / "scenarios/topologies")
    (checkout / "scenarios/test_tiny.py").write_text(LAB)
    nights.written(checkout, nights.MATRIX + BOUND)
    (checkout / "scenarios/test_tiny.py").write_text(LAB)
    (checkout / "quarantine.toml").write_text(QUARANTINE.format(until="2020-01-01"))
    done = night(checkout, nights.CELL, "--page", "page.html")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "FAILED scenarios/test_tiny.py::test_machines_come_up: set-up took " in done.stdout
    assert "FAILED scenarios/test_tiny.py::test_is_known_to_fail: " in done.stdout
    assert "UNKNOWN scenarios/test_tiny.py::test_is_undecided: " in done.stdout
    assert "test_machines_come_up: two leaders, 8 of 10 runs" in done.stdout
    assert "quarantine.toml:5: the quarantine of *::test_is_known_to_fail has expired on 2020-01-01" in done.stdout
    with History(checkout / "results/history.sqlite") as history:
        (ran,) = history.runs()
    first = ran.outcomes[0]
    assert set(first.phases) == {"set-up", "scenario"}
    assert (first.hits, Path(first.evidence).is_dir()) == (first.hits, True)
    shown = (checkout / "page.html").read_text()
    assert "New failures (2)" in shown
    assert "8 of 10" in shown


@pytest.mark.kernel
def test_of_a_pytest_that_is_killed_all_that_had_ended_is_known(checkout: Path) -> None:
    (checkout / "scenarios/topologies").mkdir()
    shutil.copy(ROOT / "scenarios/topologies/three-sites.yaml", checkout / "scenarios/topologies")
    killed = "\ndef test_kills(lab):\n    import os\n    os.kill(os.getpid(), 9)\n"
    (checkout / "scenarios/test_tiny.py").write_text(LAB + killed)
    done = night(checkout, nights.CELL)
    assert done.returncode == 1
    assert "FAILED (the cell): pytest ended with killed by SIGKILL, pytest ended before it wrote" in done.stdout
    assert "UNKNOWN scenarios/test_tiny.py::test_is_undecided" in done.stdout
    assert ": 2 failed, 1 unknown, 1 passed" in done.stdout


def test_a_night_that_holds(checkout: Path) -> None:
    done = night(checkout, nights.CELL)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1].startswith("the night: passed in ")


def test_a_broken_quarantine_fails_a_night_in_which_all_passed(checkout: Path) -> None:
    (checkout / "quarantine.toml").write_text('[[quarantine]]\nscenario = "*"\ncells = "*"\nuntil = 2999-01-01\n')
    done = night(checkout, nights.CELL)
    assert done.returncode == 1
    assert (
        "quarantine.toml:1: no issue, expected a link to its issue: nothing is quarantined without one" in done.stdout
    )


def test_a_cell_that_this_host_can_t_run_is_skipped_with_its_reason_and_others_run(checkout: Path) -> None:
    lacking = nights.MATRIX.replace('host = "kvm"', 'environment = "NO_SUCH_VARIABLE"')
    (checkout / "nightly.toml").write_text(lacking)
    done = night(checkout)
    assert done.returncode == 0
    assert (
        "kvm-switch-uefi-virtual-reference: skipped, KVM runs no guest here: NO_SUCH_VARIABLE is not set" in done.stdout
    )
    assert done.stdout.splitlines()[-1].endswith("cells 2 passed, 1 skipped")
    assert night(checkout, "kvm-*").returncode == 3


def test_a_cell_that_is_named_and_skipped_leaves_the_night_undecided(checkout: Path) -> None:
    lacking = nights.MATRIX.replace('host = "kvm"', 'environment = "NO_SUCH_VARIABLE"')
    (checkout / "nightly.toml").write_text(lacking)
    done = night(checkout, "kvm-switch-uefi-virtual-reference", nights.CELL)
    assert (done.returncode, done.stdout.splitlines()[-1].endswith("cells 1 passed, 1 skipped")) == (3, True)


def test_after_the_budget_nothing_more_is_begun_and_who_waited_longest_is_first(checkout: Path) -> None:
    assert night(checkout, nights.CELL).returncode == 0
    done = night(checkout, "tcg-*", "--budget", "1 ms")
    assert done.returncode == 3
    assert done.stdout.count(": unknown, not run: the night's budget was over") == 2
    ends = [line.partition(":")[0] for line in done.stdout.splitlines() if line.startswith("tcg-")]
    assert ends == ["tcg-switch-uefi-virtual-reference", nights.CELL]


def test_stop_ends_the_night_at_its_first_red_cell(checkout: Path) -> None:
    (checkout / "scenarios/test_tiny.py").write_text("def test_it(): assert False\n")
    assert night(checkout, "tcg-*", "--stop").stdout.splitlines()[-1].endswith("cells 1 failed")


def test_a_cell_that_another_night_runs_in_the_same_folder_is_not_run(checkout: Path) -> None:
    folder = checkout / "results"
    folder.mkdir()
    with (folder / f".{nights.CELL}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = night(checkout, nights.CELL)
    assert done.returncode == 3
    assert "not run: another night runs it in " in done.stdout


def test_a_night_that_is_ended_ends_its_pytest(checkout: Path) -> None:
    scenario = "import os, time\ndef test_it():\n    open('number', 'w').write(str(os.getpid()))\n    time.sleep(100)\n"
    (checkout / "scenarios/test_tiny.py").write_text(scenario)
    with started(checkout, nights.CELL) as begun:
        number = int(wait_until("the scenario", lambda: text(checkout / "number"), within=30 * seconds))
        begun.terminate()
        _, told = begun.communicate(timeout=60)
    assert begun.returncode == 130
    assert "interrupted; cells that ended before are in the history" in told
    assert not alive(number)


def text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_words_for_pytest_reach_it(checkout: Path) -> None:
    done = night(checkout, nights.CELL, "--", "-k", "nothing_of_that_name")
    assert done.returncode == 3
    assert "no scenario was selected" in done.stdout


def test_histories_of_several_hosts_are_merged(checkout: Path) -> None:
    for host in ("a", "b"):
        with History(checkout / host) as history:
            history.add(nights.run(nights.outcome(Verdict.PASSED)))
    done = night(checkout, "--merge", "a", "b", "a", "--history", "all", "--page", "page.html")
    assert done.returncode == 0
    assert done.stdout.splitlines() == ["a: 1 new run", "b: 1 new run", "a: 0 new runs", "page.html: the page"]


@pytest.mark.parametrize(
    "words,told",
    [
        (("tcg-swich-uefi-namespace-reference",), f"Did you mean '{nights.CELL}'?"),
        (("--matrix", "none.toml"), "none.toml:1: can't be read"),
        (("--merge", "none.sqlite"), "none.sqlite is no history of nights"),
        (("--history", "nightly.toml", nights.CELL), "nightly.toml is no history of nights"),
        (("--page", "nightly.toml/page.html"), "nightly.toml"),
    ],
)
def test_what_can_t_be_done_is_refused_in_one_line(words: tuple[str, ...], told: str, checkout: Path) -> None:
    done = night(checkout, *words)
    assert done.returncode == 2
    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_the_list_needs_no_set_up() -> None:
    done = subprocess.run([ROOT / "ci/nightly", "--list", "--json"], capture_output=True, text=True, check=True)
    cells = [one["cell"] for one in json.loads(done.stdout)["include"]]
    assert "tcg-switch-uefi-namespace-reference" in cells
    text = subprocess.run([ROOT / "ci/nightly", "--list"], capture_output=True, text=True, check=True).stdout
    assert text.startswith(f"{len(cells)} cells:")


def test_a_host_without_python_is_told_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "ci").mkdir()
    shutil.copy(ROOT / "ci/nightly", tmp_path / "ci")  # in a checkout that was never set up
    for program in ("bash", "dirname"):
        (tmp_path / program).symlink_to(shutil.which(program) or "")
    path = {"PATH": str(tmp_path)}
    run = subprocess.run(
        [tmp_path / "bash", "ci/nightly", "--list"], cwd=tmp_path, env=path, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr == "ci/nightly: there is no python3 on PATH; 3.11 or newer is needed\n"
