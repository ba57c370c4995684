from __future__ import annotations

from pathlib import Path

import pytest

from night.matrix import UnknownCell
from tests import nights


def test_cells_are_the_combinations_that_nothing_excludes(tmp_path: Path) -> None:
    matrix = nights.matrix(tmp_path)
    assert [cell.name for cell in matrix.cells()] == [
        "kvm-switch-uefi-virtual-reference",
        "tcg-switch-uefi-virtual-reference",
        "tcg-switch-uefi-namespace-reference",
    ]
    ((name, exclusion),) = matrix.excluded().items()
    assert (name, exclusion.reason) == ("kvm-switch-uefi-namespace-reference", "there is nothing to accelerate")


def test_a_cell_knows_its_files_and_options(tmp_path: Path) -> None:
    matrix = nights.matrix(tmp_path)
    (cell,) = matrix.select([nights.CELL])
    assert matrix.files(cell) == ("scenarios/test_tiny.py",)
    assert matrix.options(cell) == (
        *("--lab-accel=tcg", "--lab-network=switch", "--lab-firmware=uefi"),
        *("--lab-machines=namespace", "--lab-stack=reference"),
    )


def test_globs_and_names_select_in_the_order_of_the_axes(tmp_path: Path) -> None:
    matrix = nights.matrix(tmp_path)
    assert len(matrix.select([])) == 3
    assert len(matrix.select(["tcg-*"])) == 2
    both = matrix.select([nights.CELL, "kvm-*"])
    assert [cell.values["accelerator"] for cell in both] == ["kvm", "tcg"]


@pytest.mark.parametrize(
    "name,words",
    [
        ("tcg-switch-uefi-virtal-reference", "Did you mean 'tcg-switch-uefi-virtual-reference'?"),
        ("kvm-switch-uefi-namespace-reference", "is excluded: there is nothing to accelerate"),
        ("xyz", "no cell is called 'xyz'. `ci/nightly --list` shows all"),
        ("arm-*", "no cell is called 'arm-*'"),
    ],
)
def test_what_means_no_cell_is_refused_with_what_was_probably_meant(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(UnknownCell) as refused:
        nights.matrix(tmp_path).select([nights.CELL, name])
    assert words in str(refused.value)
