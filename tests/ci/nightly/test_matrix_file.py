from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from harness.errors import SpecError
from night import matrix_file
from tests import nights

ROOT = Path(__file__).parents[3]


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(SpecError) as refused:
        nights.matrix(folder, text)
    return [str(one).removeprefix(f"{folder}/") for one in refused.value.problems]


def test_the_matrix_of_this_checkout_holds() -> None:
    matrix = matrix_file.read(ROOT / "ci/nightly.toml", ROOT)
    names = [cell.name for cell in matrix.cells()]
    assert "kvm-switch-uefi-virtual-reference" in names
    assert len(names) + len(matrix.excluded()) == 48
    ran = {file for cell in matrix.cells() for file in matrix.files(cell)}
    there = {str(path.relative_to(ROOT)) for path in ROOT.glob("scenarios/test_*.py")}
    assert there - ran == set(), "no cell of ci/nightly.toml runs these"


def test_every_option_of_an_axis_is_one_that_pytest_takes(pytester: pytest.Pytester) -> None:
    matrix = matrix_file.read(ROOT / "ci/nightly.toml", ROOT)
    words = {word for options in matrix.axes.values() for several in options.values() for word in several}
    assert pytester.parseconfigure(*sorted(words)).getoption("--lab-stack") in matrix.axes["stack"]


def test_what_is_wrong_is_told_at_once_with_lines_and_what_was_expected(tmp_path: Path) -> None:
    text = f"""{nights.AXES}
[[exclusion]]
cells = "kvm-*"
[[exclusions]]
cells = "kmv-switch-uefi-virtual-reference"
reason = ""
[[needs]]
cells = "kvm-*"
host = "kvn"
reason = "x"
[[needs]]
cells = "kvm-*"
reason = "x"
[[scenarios]]
files = ["scenarios/test_nothing.py", "../secrets.py", "scenarios/test_tiny.py"]
cells = 7
[[bounds]]
phase = "scenario"
withn = "30 s"
[[bounds]]
phase = "scenario"
within = "soon"
stretched = "no"
scenarios = ["*::test_it", "scenarios/test_tony.py::*"]
"""
    found = problems(tmp_path, text)
    assert "nightly.toml:14: unknown key 'exclusion' (did you mean 'exclusions'?), expected axes, bounds" in found[0]
    assert found[1:] == [
        (
            "nightly.toml:17: no cell is called 'kmv-switch-uefi-virtual-reference' (did you mean"
            " 'kvm-switch-uefi-virtual-reference'?), expected globs of cells' names, as in 'tcg-*-virtual-*'"
        ),
        "nightly.toml:18: reason is '', expected why these are no cells",
        "nightly.toml:21: host is 'kvn', expected bridges or kvm",
        'nightly.toml:23: it needs nothing, or two things, expected host = "bridges", or environment = "VARIABLE"',
        "nightly.toml:27: '../secrets.py' is outside, expected a path in this checkout",
        "nightly.toml:27: there is no scenarios/test_nothing.py, expected a file of scenarios",
        "nightly.toml:28: cells is the number 7, expected globs of cells' names, as in 'tcg-*-virtual-*'",
        "nightly.toml:29: no within, expected how long it may take, as in '90 s'",
        (
            "nightly.toml:31: unknown key 'withn' (did you mean 'within'?), expected cells, phase, scenarios, stretched"
            " or within"
        ),
        "nightly.toml:34: within: 'soon' is no duration, expected a number and ms, s, min or h, as in '90 s'",
        "nightly.toml:35: stretched is 'no', expected true or false",
        (
            "nightly.toml:36: no file of scenarios is meant by 'scenarios/test_tony.py::*'"
            " (did you mean 'scenarios/test_tiny.py'?), expected FILE::TEST, or a glob"
        ),
    ]


@pytest.mark.parametrize(
    "text,words",
    [
        ("[axes", "nightly.toml:1: "),
        ("", "nightly.toml:1: no [axes], expected a table of each axis"),
        ("axes = 7", "nightly.toml:1: axes is the number 7, expected a table"),
        (
            "exclusions = 7\n" + nights.AXES,
            "nightly.toml:1: exclusions is the number 7, expected tables headed [[exclusions]]",
        ),
        (nights.AXES, "nightly.toml:1: the cell kvm-switch-uefi-virtual-reference runs nothing, expected it among"),
        (nights.AXES.replace("[axes.stack]", "[axes.stuck]"), "unknown key 'stuck' (did you mean 'stack'?)"),
        (nights.AXES.replace('kvm = "--lab-accel=kvm"', "kvm = 7"), "nightly.toml:1: accelerator.kvm is the number 7"),
        (nights.AXES.replace("kvm =", "KVM ="), "accelerator has the value 'KVM', expected lower-case letters"),
        (nights.AXES.replace("kvm =", "kvm-x ="), "accelerator has the value 'kvm-x', expected lower-case letters"),
    ],
)
def test_a_file_that_is_no_matrix_is_refused(text: str, words: str, tmp_path: Path) -> None:
    assert words in "\n".join(problems(tmp_path, text))


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"nightly.toml:1: can't be read: .*, expected a TOML file"):
        matrix_file.read(tmp_path / "nightly.toml", tmp_path)
    (tmp_path / "nightly.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SpecError, match="can't be read"):
        matrix_file.read(tmp_path / "nightly.toml", tmp_path)


def test_a_glob_of_files_may_mean_none_yet(tmp_path: Path) -> None:
    text = nights.MATRIX.replace('"scenarios/test_*.py"', '["scenarios/test_*.py", "scenarios/field/*/test_*.py"]')
    matrix = nights.matrix(tmp_path, text)
    assert matrix.files(matrix.cells()[0]) == ("scenarios/test_tiny.py",)


@pytest.mark.parametrize("text,seconds", [("90 s", 90), ("1.5min", 90), ("250 ms", 0.25), ("2 h", 7200)])
def test_durations(text: str, seconds: float) -> None:
    assert matrix_file.parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["", "90", "s", "-1 s", "0 s", "1 d", "1 s 2 s", "nan s"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="is no duration"):
        matrix_file.parse_duration(text)
