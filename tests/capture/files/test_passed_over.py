from __future__ import annotations

from harness.capture.files.passed_over import PassedOver


def test_frames_are_counted_by_link_type_and_of_blocks_alike_the_first_is_told() -> None:
    passed = PassedOver("some.pcapng")
    assert passed.notes() == ()
    for link_type in (147, 9, 147):
        passed.frame(link_type)
    for what in ("a time of -1", "a time of -2"):
        passed.block("a time", what)
    passed.block("a frame", "a frame of 9")
    assert passed.notes() == (
        "some.pcapng: 1 frames of link type 9, which can't be read, are passed over",
        "some.pcapng: 2 frames of link type 147, which can't be read, are passed over",
        "a time of -1; it is passed over, and 1 like it",
        "a frame of 9; it is passed over",
    )
