from __future__ import annotations

import os
import random
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.machines.memory import CHUNK, PAGE, Memory, copy_sparse, create, extents
from harness.units import GiB, MiB


def room(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_fresh_memory_is_large_and_takes_no_room(tmp_path: Path) -> None:
    memory = tmp_path / "memory"
    create(memory, GiB)
    assert memory.stat().st_size == GiB
    assert room(memory) == 0


def test_memory_that_is_there_is_replaced_and_not_written(tmp_path: Path) -> None:
    memory, saved = tmp_path / "memory", tmp_path / "saved"
    memory.write_bytes(b"a running guest's")
    os.link(memory, saved)
    create(memory, PAGE)
    assert memory.read_bytes() == bytes(PAGE)
    assert saved.read_bytes() == b"a running guest's"


def test_a_copy_has_holes_where_there_is_nothing_and_where_there_are_zeros(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    create(source, 64 * MiB)
    with source.open("r+b") as file:
        file.write(b"first")
        file.seek(32 * MiB)
        file.write(bytes(CHUNK))
        file.seek(64 * MiB - 4)
        file.write(b"last")
    assert copy_sparse(source, target) == 2 * PAGE
    assert target.stat().st_size == 64 * MiB
    assert room(target) < room(source) <= CHUNK + 16 * PAGE
    assert target.read_bytes() == source.read_bytes()


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.integers(0, 2), max_size=40), st.integers(0, PAGE - 1), st.randoms(use_true_random=False))
def test_a_copy_is_equal(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[int], rest: int, randomness: random.Random
) -> None:
    folder = tmp_path_factory.mktemp("copy")
    data = b"".join(bytes(PAGE) if kind == 0 else randomness.randbytes(PAGE) for kind in kinds) + b"x" * rest
    (folder / "source").write_bytes(data)
    copy_sparse(folder / "source", folder / "target")
    assert (folder / "target").read_bytes() == data


def test_extents_are_where_the_data_is(tmp_path: Path) -> None:
    path = tmp_path / "file"
    create(path, 16 * MiB)
    with path.open("r+b") as file:
        file.seek(8 * MiB)
        file.write(b"x" * PAGE)
        file.flush()
        assert list(extents(file.fileno(), 16 * MiB)) in ([(8 * MiB, 8 * MiB + PAGE)], [(8 * MiB, 16 * MiB)])


def test_who_keeps_changes_private_says_so() -> None:
    assert Memory(Path("m")).share == "on"
    assert Memory(Path("m"), shared=False).share == "off"
