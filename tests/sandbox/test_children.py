from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.sandbox import children

SCRIPT = """
import os
from harness.sandbox import children
def fail(): raise KeyboardInterrupt
try:
    child = children.fork(fail)
    print("parent", os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
finally:
    print("torn down")
"""


@pytest.mark.parametrize("status", [0, 7])
def test_a_child_ends_with_its_status(status: int) -> None:
    child = children.fork(lambda: status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status


def test_a_child_that_fails_says_so_and_does_not_go_on_as_its_parent() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, timeout=20)
    assert done.stdout == "parent 1\ntorn down\n"
    assert done.stderr.endswith("KeyboardInterrupt\n")
