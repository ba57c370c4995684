from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
import resource, sys
from harness.sandbox import open_files
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[2]), int(sys.argv[3])))
getattr(open_files, sys.argv[1])()
print(*resource.getrlimit(resource.RLIMIT_NOFILE), open_files.too_many()["missing"][0])
"""


@pytest.mark.parametrize(
    "what, soft, hard, expected",
    [("allow_many", 64, 128, 128), ("allow_most", 64, 128, 128), ("allow_many", 128, 128, 128)],
)
def test_the_limit_is_raised_as_far_as_it_may_be(what: str, soft: int, hard: int, expected: int) -> None:
    command = [sys.executable, "-c", SCRIPT, what, str(soft), str(hard)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
    assert said == f"{expected} {hard} it may have no more than {expected} files open\n"
