from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import HarnessBug
from harness.provisioning.files import SECRET, Entry, File, Folder, Link, merge, secrets, tar, unpack

NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1, max_size=120).filter(
    lambda name: name not in {".", ".."}
)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map(lambda parts: PurePosixPath("/", *parts))
FILES = st.builds(File, st.binary(max_size=600), st.integers(0, 0o7777))
LINKS = st.builds(Link, NAMES)


@given(st.dictionaries(PATHS, FILES | LINKS, max_size=6))
def test_what_goes_in_comes_out(entries: dict[PurePosixPath, Entry]) -> None:
    found: dict[PurePosixPath, Entry] = {}
    with tarfile.open(fileobj=io.BytesIO(tar(entries))) as archive:
        for member in archive.getmembers():
            assert (member.uid, member.gid, member.uname) == (0, 0, "root")
            reader = archive.extractfile(member) if member.isreg() else None
            path = PurePosixPath("/", member.name)
            found[path] = File(reader.read(), member.mode) if reader else Link(member.linkname)
    assert found == entries


def test_the_order_of_the_entries_changes_nothing() -> None:
    one, two = PurePosixPath("/etc/one"), PurePosixPath("/etc/two")
    assert tar({one: File(b"1"), two: File(b"2")}) == tar({two: File(b"2"), one: File(b"1")})


def test_a_real_tar_unpacks_modes_links_and_folders(tmp_path: Path) -> None:
    entries: dict[PurePosixPath, Entry] = {
        PurePosixPath("/etc/secrets/key"): File(b"secret", 0o600),
        PurePosixPath("/etc/secrets"): Folder(0o700),
        PurePosixPath("/usr/bin/run"): File(b"#!/bin/sh\n", 0o755),
        PurePosixPath("/etc/wants/a.service"): Link("/lib/a.service"),
    }
    previous = os.umask(0o077)
    try:
        subprocess.run(["tar", "-xp", "--no-same-owner", "-C", tmp_path], input=tar(entries), check=True)
    finally:
        os.umask(previous)
    assert (tmp_path / "etc/secrets/key").stat().st_mode & 0o7777 == 0o600
    assert (tmp_path / "etc/secrets").stat().st_mode & 0o7777 == 0o700
    assert (tmp_path / "usr/bin/run").stat().st_mode & 0o7777 == 0o755
    assert (tmp_path / "etc/wants/a.service").readlink() == Path("/lib/a.service")


@pytest.mark.parametrize("path", ["etc/hosts", "/etc/../shadow", "/", "."])
def test_a_path_that_is_no_place_is_refused(path: str) -> None:
    with pytest.raises(HarnessBug, match="the path must be absolute"):
        tar({PurePosixPath(path): File(b"")})


@pytest.mark.parametrize("mode", [-1, 0o10000, 0o100644])
def test_a_mode_that_is_none_is_refused(mode: int) -> None:
    with pytest.raises(HarnessBug, match="is no file mode"):
        File(b"", mode)
    with pytest.raises(HarnessBug, match="is no file mode"):
        Folder(mode)


def test_parts_merge_unless_they_contradict() -> None:
    path = PurePosixPath("/etc/hosts")
    assert merge({path: File(b"a")}, {path: File(b"a")}, {}) == {path: File(b"a")}
    with pytest.raises(HarnessBug, match="/etc/hosts"):
        merge({path: File(b"a")}, {path: File(b"a", 0o600)})


def test_secrets_are_what_only_the_owner_reads() -> None:
    entries: dict[PurePosixPath, Entry] = {
        PurePosixPath("/b.key"): File(b"k", 0o600),
        PurePosixPath("/a.key"): File(b"k", 0o400),
        PurePosixPath("/c.crt"): File(b"c", 0o640),
        PurePosixPath("/d"): Folder(0o700),
    }
    assert [str(path) for path, _ in secrets(entries)] == ["/a.key", "/b.key"]


def test_what_is_unpacked_is_what_was_packed(tmp_path: Path) -> None:
    entries: dict[PurePosixPath, Entry] = {
        PurePosixPath("/a/key"): File(b"secret", SECRET),
        PurePosixPath("/a/link"): Link("/dev/null"),
    }
    unpack(entries, tmp_path)
    assert (tmp_path / "a/key").read_bytes() == b"secret"
    assert (tmp_path / "a/key").stat().st_mode & 0o777 == SECRET
    assert (tmp_path / "a/link").readlink() == Path("/dev/null")
