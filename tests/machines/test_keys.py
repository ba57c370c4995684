from __future__ import annotations

from harness.machines.keys import generate_key


def test_keys_are_fresh_and_show_no_secret() -> None:
    first, second = generate_key("one"), generate_key("two")
    assert first.public.startswith("ssh-ed25519 AAAA")
    assert first.public.endswith(" one")
    assert first.public.split()[1] != second.public.split()[1]
    assert "PRIVATE" not in repr(first)
