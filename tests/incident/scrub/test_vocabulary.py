from __future__ import annotations

from harness.incident.scrub import vocabulary


def test_words_are_in_lower_case_and_one_by_one() -> None:
    assert vocabulary.words_of(" a b  c ") == {"a", "b", "c"}
    every = vocabulary.DOMAINS | vocabulary.WORDS | vocabulary.PROGRAMS | vocabulary.PARTS
    assert {one for one in every if one != one.lower() or " " in one} == set()
    assert {"vmlinuz", "pxeclient", "octet"} <= vocabulary.WORDS
