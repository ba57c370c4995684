from __future__ import annotations

from pathlib import Path

from harness.machines.doors import KEY, of_namespace, of_system
from harness.machines.ssh import generate_key


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
