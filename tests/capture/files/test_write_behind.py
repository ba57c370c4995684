from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from harness.capture.files.write_behind import WriteBehind


def test_what_is_written_is_there_in_order_after_a_sync(tmp_path: Path) -> None:
    file = WriteBehind(tmp_path / "a")
    for number in range(1000):
        assert file.write(b"%06d" % number) == 6
    file.sync()
    assert (tmp_path / "a").read_bytes() == b"".join(b"%06d" % number for number in range(1000))
    file.write(bytearray(b"end"))
    file.close()
    assert (tmp_path / "a").read_bytes().endswith(b"000999end")


def test_a_buffer_may_be_used_again_at_once(tmp_path: Path) -> None:
    file = WriteBehind(tmp_path / "a")
    buffer = bytearray(b"one")
    file.write(buffer)
    buffer[:] = b"two"
    file.write(buffer)
    file.close()
    assert (tmp_path / "a").read_bytes() == b"onetwo"


def test_who_writes_does_not_wait_for_who_reads_a_pipe_but_for_too_much(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    file = WriteBehind(tmp_path / "pipe", limit=4 << 20)
    for _ in range(4):  # a pipe takes 64 KiB, so this would block
        file.write(bytes(1 << 20))
    more = threading.Thread(target=file.write, args=[b"!"])
    more.start()
    assert more.is_alive()
    os.set_blocking(reader, True)
    read = 0
    while read < 4 << 20:
        read += len(os.read(reader, 1 << 20))
    more.join(10)
    assert not more.is_alive()
    file.close()
    assert os.read(reader, 10) == b"!"
    os.close(reader)


def test_a_full_disk_is_told_at_the_next_call() -> None:
    file = WriteBehind(Path("/dev/full"))
    file.write(b"lost")
    with pytest.raises(OSError, match="No space left"):
        file.sync()
    with pytest.raises(OSError, match="No space left"):
        file.write(b"more")
    with pytest.raises(OSError, match="No space left"):
        file.close()
