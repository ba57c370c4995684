from __future__ import annotations

import json
from pathlib import Path

from night import listing
from tests import nights


def test_the_list_has_cells_exclusions_with_reasons_and_bounds(tmp_path: Path) -> None:
    matrix = nights.matrix(tmp_path)
    lacking = {"kvm-switch-uefi-virtual-reference": "KVM runs no guest here"}
    assert listing.text(matrix, matrix.cells(), lacking).splitlines() == [
        "3 cells:",
        "  kvm-switch-uefi-virtual-reference    1 file of scenarios, skipped here: KVM runs no guest here",
        "  tcg-switch-uefi-virtual-reference    1 file of scenarios",
        "  tcg-switch-uefi-namespace-reference  1 file of scenarios",
        "",
        "1 combination excluded:",
        "   1 as kvm-*-namespace-*: there is nothing to accelerate",
        "",
        "bounds, for a healthy KVM host, stretched by the patience that is measured:",
        "  scenario within 30.0 s",
    ]


def test_the_json_is_a_matrix_as_workflows_take_it_on_one_line(tmp_path: Path) -> None:
    matrix = nights.matrix(tmp_path)
    text = listing.as_json(matrix, matrix.select([nights.CELL]))
    assert "\n" not in text
    assert json.loads(text) == {
        "include": [
            {
                "cell": nights.CELL,
                "accelerator": "tcg",
                "network": "switch",
                "firmware": "uefi",
                "machines": "namespace",
                "stack": "reference",
                "files": ["scenarios/test_tiny.py"],
                "options": list(matrix.options(matrix.select([nights.CELL])[0])),
            }
        ]
    }
