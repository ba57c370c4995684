from __future__ import annotations

import errno
import os
import signal
from pathlib import Path

import pytest

from harness.sandbox import linux


def test_a_refused_call_says_which_and_why() -> None:
    with pytest.raises(OSError, match="setns: Bad file descriptor") as caught:
        linux.setns(-1, linux.CLONE_NEWNET)
    assert caught.value.errno == errno.EBADF


def test_a_mount_that_fails_names_its_target(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=f"mount nosuchfs on {tmp_path}"):
        linux.mount("none", tmp_path, "nosuchfs")


def test_a_process_can_be_named() -> None:
    before = Path("/proc/self/comm").read_text().strip()
    try:
        linux.set_process_name("a-name-that-is-too-long")
        assert Path("/proc/self/comm").read_text() == "a-name-that-is-\n"
    finally:
        linux.set_process_name(before)


def test_a_process_can_be_bound_to_its_parent() -> None:
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        if os.fork() == 0:
            linux.die_with_parent(signal.SIGKILL)
            os.write(writer, b"bound")
            signal.pause()
        os.close(writer)
        os.read(reader, 5)
        os._exit(0)
    os.close(writer)
    os.waitpid(parent, 0)
    assert os.read(reader, 16) in {b"", b"bound"}  # the end of file comes when the grandchild is gone
    os.close(reader)
