from __future__ import annotations

import io
import tarfile

import pytest

from harness.incident.files.refused import why


def archive() -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        member = tarfile.TarInfo("journal.json")
        member.size = 5
        tar.addfile(member, io.BytesIO(b"hello"))
    return file.getvalue()


@pytest.mark.parametrize(
    "start, what",
    [
        (b"\x28\xb5\x2f\xfd\x00", "unzstd"),
        ("{}".encode("utf-16"), "iconv"),
        (archive(), "tar"),
        (bytes(1000), "zeros"),
        (b"-- Journal begins at Sat 2026-11-21 09:00:00 UTC. --\n", "a journal as text"),
        (b"Nov 21 09:55:00 node01 etcd[812]: became leader\n", "a journal as text"),
        (b"Nov 21 09:55:00.123456 node01 kernel: eth1: link up\n", "a journal as text"),
        (b"2026-11-21T09:55:00+0000 node01 etcd[812]: became leader\n", "a journal as text"),
    ],
)
def test_what_can_not_be_read_is_known_by_its_start(start: bytes, what: str) -> None:
    assert what in str(why(start))


@pytest.mark.parametrize("start", [b"", b"It broke on Tuesday.\n", b'{"node_id": "node01"}', b"\xa1\xb2\xc3\xd4"])
def test_of_anything_else_nothing_is_said(start: bytes) -> None:
    assert why(start) is None
