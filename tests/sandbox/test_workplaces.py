from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from harness.sandbox.workplaces import sweep, workplace

MAKER = """
import sys
from pathlib import Path
from harness.sandbox.workplaces import workplace
with workplace(Path(sys.argv[1])) as place:
    (place / "tree").mkdir()
    (place / "tree" / "half").write_text("half")
    print(place, flush=True)
    sys.stdin.read()
"""


def test_it_goes_with_what_is_in_it(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        (place / "half").write_text("half")
        assert list(tmp_path.iterdir()) == [place]
    assert list(tmp_path.iterdir()) == []


def test_what_was_moved_out_stays(tmp_path: Path) -> None:
    with workplace(tmp_path) as place:
        (place / "whole").mkdir()
        (place / "whole").rename(tmp_path / "whole")
    assert list(tmp_path.iterdir()) == [tmp_path / "whole"]


def test_only_what_a_killed_maker_left_is_swept(tmp_path: Path) -> None:
    command = [sys.executable, "-c", MAKER, str(tmp_path)]
    with (
        workplace(tmp_path) as own,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker,
    ):
        assert maker.stdout is not None
        theirs = Path(maker.stdout.readline().strip())
        assert sweep(tmp_path) == []
        assert (theirs / "tree/half").exists()
        maker.kill()
        maker.wait()
        assert sweep(tmp_path) == [theirs]
        assert list(tmp_path.iterdir()) == [own]


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    (tmp_path / "0123456789abcdef").mkdir()
    (tmp_path / ".unfinished-file").touch()
    assert sweep(tmp_path) == []
    assert sweep(tmp_path / "absent") == []
    assert len(list(tmp_path.iterdir())) == 2
