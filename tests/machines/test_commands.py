from __future__ import annotations

from harness.machines.commands import shown, tail


def test_a_command_is_shown_as_a_person_would_type_it_and_a_script_by_its_beginning() -> None:
    assert shown(["ls", "a file"]) == "ls 'a file'"
    assert shown(["sh", "-c", "set -eu\n" + "echo more\n" * 20]) == "sh -c 'set -eu…'"


def test_the_end_of_each_output_is_kept() -> None:
    assert tail(b"one\ntwo\nthree\n", b"\xff\n", lines=2) == ["two", "three", "\ufffd"]
    assert tail(b"", bytearray()) == []
