from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.machines.doors import KEY, Door, of_namespace, of_system
from harness.machines.keys import KeyPair, generate_key


def test_a_namespace_is_entered_by_its_descriptor() -> None:
    assert of_namespace(7).words[1].endswith("/fd/7")


def test_a_system_is_entered_with_one_key_and_must_show_its_own(tmp_path: Path) -> None:
    key, host = generate_key(), generate_key("node01")
    door = of_system(
        "node01",
        "10.0.0.1",
        key=key,
        host_key=host.public,
        folder=tmp_path,
        console=tmp_path / "log",
        terminal=tmp_path / "terminal",
    )
    assert door.words[0] == "ssh"
    assert door.words[-1] == "root@10.0.0.1"
    assert "StrictHostKeyChecking=yes" in door.words
    assert (tmp_path / KEY).read_text() == key.private
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "node01.known-hosts").read_text() == f"10.0.0.1 {host.public}\n"


def test_a_folder_may_have_spaces_in_its_name(tmp_path: Path) -> None:
    door = system_door(tmp_path / "my  labs")
    said = subprocess.run([*door.words[:-1], "-G", "10.0.0.1"], capture_output=True, text=True, check=True).stdout
    assert f"userknownhostsfile {tmp_path}/my  labs/node01.known-hosts\n" in said


def test_several_may_ask_for_a_door_at_once(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        for door in [pool.submit(system_door, tmp_path / "l") for _ in range(400)]:
            door.result()
    assert sorted(path.name for path in (tmp_path / "l").iterdir()) == [KEY, "node01.known-hosts"]


def system_door(folder: Path) -> Door:
    folder.mkdir(exist_ok=True)
    key = KeyPair("secret\n", "ssh-ed25519 AAAA lab")
    paths = {"folder": folder, "console": folder / "log", "terminal": folder / "terminal"}
    return of_system("node01", "10.0.0.1", key=key, host_key="ssh-ed25519 AAAA", **paths)
