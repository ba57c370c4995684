from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path

from harness.capture.files.reader import frames
from harness.network import channel


def test_the_process_answers_and_ends_with_whoever_started_it(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        command = [sys.executable, "-m", "harness.network.switch.process", str(theirs.fileno())]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    with ours:
        channel.send(ours, {"capture": str(tmp_path / "links.pcapng"), "seed": "36", "question": 1})
        assert channel.receive(ours)[0] == {"answer": "ready", "question": 1}
        before = time.time_ns()
        channel.send(ours, {"do": "flush", "question": 2})
        answer, _ = channel.receive(ours)
        assert answer["answer"] == {"links": {}, "rules": {}, "moves": 0}
        assert answer["question"] == 2
        assert before <= answer["at"] <= time.time_ns()
    assert process.wait(10) == 0
    assert list(frames(tmp_path / "links.pcapng")) == []
