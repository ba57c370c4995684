from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness.machines.checkpoint_store import FACTS, KEPT, KEPT_FOR, CheckpointStore, Print, Spoiled, size_on_disk
from harness.machines.memory import create
from harness.sandbox.waiting import wait_until
from harness.units import MiB, seconds

KEY = "0123456789abcdef"


@pytest.fixture
def store(tmp_path: Path) -> CheckpointStore:
    return CheckpointStore(tmp_path / "checkpoints")


def publish(store: CheckpointStore, key: str = KEY) -> Path:
    with store.workplace() as grown:
        lab = grown / "lab"
        (lab / "node01").mkdir(parents=True)
        create(lab / "node01" / "memory", 64 * MiB)
        with (lab / "node01" / "memory").open("r+b") as file:
            file.write(b"a word")
        (lab / "node01" / "state").write_bytes(b"devices" * 1000)
        return store.publish(lab, key, {"topology": "t036"})


def test_what_was_published_is_found(store: CheckpointStore) -> None:
    assert store.find(KEY) is None
    folder = publish(store)
    assert store.find(KEY) == folder
    assert (folder / "node01" / "memory").read_bytes().startswith(b"a word")
    assert size_on_disk(folder) < MiB
    assert [path.name for path in store.root.iterdir()] == [KEY]


def test_another_key_is_a_miss(store: CheckpointStore) -> None:
    publish(store)
    assert store.find("fedcba9876543210") is None


def test_secrets_are_the_user_s_own(store: CheckpointStore) -> None:
    publish(store)
    assert store.root.stat().st_mode & 0o077 == 0


def test_a_file_that_was_cut_short_is_seen(store: CheckpointStore) -> None:
    state = publish(store) / "node01" / "state"
    os.truncate(state, 100)
    with pytest.raises(Spoiled, match=r"node01/state has 100 bytes, expected 7000"):
        store.find(KEY)


def touched(folder: Path) -> int:
    (folder / "touched").touch()
    return (folder / "touched").stat().st_mtime_ns


@pytest.mark.parametrize("name", ["state", "memory"])
def test_a_file_that_was_changed_is_seen(store: CheckpointStore, name: str) -> None:
    path = publish(store) / "node01" / name
    wait_until(
        "the file system's clock to tick",
        lambda: touched(store.root.parent) > path.stat().st_mtime_ns,
        within=5 * seconds,
    )
    with path.open("r+b") as file:
        file.seek(5000)
        file.write(b"x")
    with pytest.raises(Spoiled, match=rf"node01/{name} was changed since it was saved"):
        store.find(KEY)


def test_lost_content_is_seen_though_size_and_time_are_right(store: CheckpointStore) -> None:
    state = publish(store) / "node01" / "state"
    about = state.stat()
    state.write_bytes(bytes(about.st_size))
    os.utime(state, ns=(about.st_atime_ns, about.st_mtime_ns))
    with pytest.raises(Spoiled, match="was changed"):
        store.find(KEY)


def test_a_file_that_is_gone_is_named(store: CheckpointStore) -> None:
    (publish(store) / "node01" / "memory").unlink()
    with pytest.raises(Spoiled, match=r"node01/memory can't be read: No such file"):
        store.find(KEY)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 0, "files": {}}', '{"format": 1, "files": {"a": 1}}'])
def test_a_checkpoint_whose_notes_can_t_be_read_is_none(store: CheckpointStore, text: str) -> None:
    (publish(store) / FACTS).write_text(text)
    with pytest.raises(Spoiled, match=rf"the checkpoint {store.root / KEY} "):
        store.find(KEY)


def test_what_is_discarded_is_gone_and_can_be_made_again(store: CheckpointStore) -> None:
    publish(store)
    store.discard(KEY)
    store.discard(KEY)
    assert store.find(KEY) is None
    publish(store)
    publish(store)  # in place of the one that is there
    assert store.find(KEY) is not None


def test_what_was_not_published_leaves_nothing(store: CheckpointStore) -> None:
    with store.workplace() as grown:
        (grown / "half").write_bytes(b"half")
    assert list(store.root.iterdir()) == []


def test_two_who_want_the_same_make_it_one_after_the_other(store: CheckpointStore) -> None:
    program = """
import sys, time
from pathlib import Path
from harness.machines.checkpoint_store import CheckpointStore
store, key = CheckpointStore(Path(sys.argv[1])), sys.argv[2]
with store.making(key, on_wait=lambda: print("waiting", flush=True)):
    print("making", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", program, str(store.root), KEY]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "making\n"
        waits, made = threading.Event(), threading.Event()

        def make() -> None:
            with store.making(KEY, on_wait=waits.set):
                made.set()

        mine = threading.Thread(target=make)
        mine.start()
        assert waits.wait(20)
        assert not made.is_set()
        with store.making("another", on_wait=lambda: pytest.fail("another key waited")):
            pass
        other.kill()  # a lock goes with who holds it
        assert made.wait(20)
        mine.join()


def test_the_oldest_go_when_there_are_too_many(store: CheckpointStore) -> None:
    keys = [f"{number:016x}" for number in range(KEPT + 2)]
    for age, key in enumerate(keys):
        facts = publish(store, key) / FACTS
        os.utime(facts, (facts.stat().st_mtime - 1000 + age,) * 2)
    store.find(keys[2])  # was used last
    publish(store, "f" * 16)
    left = {path.name for path in store.root.iterdir()}
    assert left == {*keys[4:], keys[2], "f" * 16}


def test_what_nobody_used_for_long_goes(store: CheckpointStore) -> None:
    facts = publish(store) / FACTS
    os.utime(facts, (facts.stat().st_mtime - KEPT_FOR - 1,) * 2)
    with store.workplace() as growing:
        assert store.prune() == [KEY]
        assert list(store.root.iterdir()) == [growing]


MAKER = """
import sys
from pathlib import Path
from harness.machines.checkpoint_store import CheckpointStore
store = CheckpointStore(Path(sys.argv[1]))
with store.making("key", on_wait=lambda: None), store.workplace() as grown:
    (grown / "lab").mkdir()
    (grown / "lab" / "memory").write_bytes(b"half")
    print(grown, flush=True)
    sys.stdin.read()
"""


def test_who_comes_next_sweeps_what_a_killed_maker_left(store: CheckpointStore) -> None:
    command = [sys.executable, "-c", MAKER, str(store.root)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as maker:
        assert maker.stdout is not None
        half = Path(maker.stdout.readline().strip())
        with store.workplace():
            assert half.exists()
        maker.kill()
        maker.wait()
    assert (half / "lab/memory").exists()
    with store.making("key", on_wait=lambda: pytest.fail("the dead hold a lock")), store.workplace():
        assert not half.exists()


def test_notes_say_what_the_key_stands_for(store: CheckpointStore) -> None:
    facts = json.loads((publish(store) / FACTS).read_text())
    assert facts["shape"] == {"topology": "t036"}
    assert set(facts["files"]) == {"node01/memory", "node01/state"}


def test_a_print_of_a_small_file_is_of_all_of_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    prints = set()
    for position in range(0, 20000, 1999):
        data = bytearray(20000)
        data[position] = 1
        path.write_bytes(data)
        prints.add(Print.of(path).digest)
    assert len(prints) == 11
