from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from harness.holding import DOORS
from harness.sandbox import lease

FOLLOW = "import sys; from harness.cli import main; sys.exit(main(sys.argv[1:]))"


def test_a_console_is_followed_from_its_first_line_on(tmp_path: Path) -> None:
    held, log = lease.take(tmp_path / "l"), tmp_path / "log"
    log.write_text("first\nsecond\n")
    held.note_init(os.getpid())
    door = {"node01": {"words": ["true"], "one_word": True, "console": str(log)}}
    (held.folder / DOORS).write_text(json.dumps(door))
    words = [sys.executable, "-c", FOLLOW, "console", f"--lab-dir={tmp_path}/l", "node01"]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as following:
        assert following.stdout is not None
        assert [following.stdout.readline() for _ in range(2)] == [b"first\n", b"second\n"]
        with log.open("a") as more:
            more.write("third\n")
        assert following.stdout.readline() == b"third\n"
        following.terminate()
    held.end()
