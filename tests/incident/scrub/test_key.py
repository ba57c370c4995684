from __future__ import annotations

from harness.incident.scrub.key import Key


def test_the_same_in_is_the_same_out_and_only_under_one_secret() -> None:
    one, other = Key(b"one"), Key(b"other")
    assert one.noise("a", b"x", 40) == Key(b"one").noise("a", b"x", 40)
    assert (
        len({one.noise("a", b"x", 40), one.noise("b", b"x", 40), one.noise("a", b"y", 40), other.noise("a", b"x", 40)})
        == 4
    )
    assert Key().noise("a", b"x", 16) != Key().noise("a", b"x", 16)


def test_there_is_as_much_noise_as_is_asked_for() -> None:
    assert [len(Key(b"k").noise("a", b"x", size)) for size in (0, 1, 64, 65, 200)] == [0, 1, 64, 65, 200]
    assert Key(b"k").noise("a", b"x", 200)[:64] == Key(b"k").noise("a", b"x", 64)
