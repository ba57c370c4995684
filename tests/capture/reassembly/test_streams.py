from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.frames import Frame
from harness.capture.reassembly.streams import FARTHEST_BACK, MOST_WAITING, PATIENCE, REORDERING, Stream
from tests.capture import build

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.capture.reassembly.streams import Piece

START = 2**32 - 10
"""A first sequence number after which the numbers soon wrap."""


def frame(number: int) -> Frame:
    return Frame(number, number * 1000, "segment", b"", 0)


def opened() -> Stream:
    stream = Stream()
    assert stream.open(START - 1)
    return stream


def add(stream: Stream, at: int, data: bytes, *, number: int = 1, length: int | None = None) -> Sequence[Piece]:
    wire = len(data) if length is None else length
    pieces = stream.add((START + at) % 2**32, data, wire, frame(number))
    assert pieces is not None
    return pieces


def seen(pieces: Iterable[Piece]) -> bytes:
    """Return what pieces say, with a question mark for each missing octet."""
    return b"".join(piece.data + b"?" * piece.missing for piece in pieces)


TEXT = bytes(range(32, 127))


@given(st.lists(st.integers(0, 200)), st.data())
def test_any_order_with_repetitions_and_overlaps_gives_the_same_octets(places: list[int], data: st.DataObject) -> None:
    parts = build.cut(TEXT, places)
    starts = [sum(map(len, parts[:place])) for place in range(len(parts))]
    segments = list(zip(starts, parts, strict=True))
    extra = data.draw(st.lists(st.tuples(st.integers(0, 94), st.integers(1, 30)), max_size=5))
    segments += [(start, TEXT[start : start + length]) for start, length in extra]
    stream = opened()
    pieces = [piece for at, part in data.draw(st.permutations(segments)) for piece in add(stream, at, part)]
    assert seen(pieces) == TEXT
    assert not stream.has_hole


def test_octets_carry_the_frame_with_which_the_receiver_had_them() -> None:
    stream = opened()
    assert not add(stream, 4, b"late", number=1)
    assert [(piece.data, piece.frame.number) for piece in add(stream, 0, b"soon", number=2)] == [
        (b"soon", 2),
        (b"late", 2),
    ]


def test_a_hole_that_the_receiver_acknowledged_is_given_up_after_some_more_segments() -> None:
    stream = opened()
    add(stream, 0, b"abc")
    pieces: list[Piece] = []
    for count in range(REORDERING):
        assert not pieces
        pieces = [*add(stream, 5 + count, b"x", number=10 + count), *stream.acknowledge(START + 6 + count)]
    assert seen(pieces) == b"??" + b"x" * REORDERING
    assert [piece.lost for piece in pieces][:2] == [True, False]
    assert [piece.frame.number for piece in pieces[1:]] == list(range(10, 10 + REORDERING))


def test_a_hole_that_the_receiver_also_has_stays_open() -> None:
    stream = opened()
    add(stream, 0, b"abc")
    for count in range(REORDERING * 2):
        assert not add(stream, 5 + count, b"x")
        assert not stream.acknowledge(START + 3)
    assert seen(add(stream, 3, b"de")) == b"de" + b"x" * REORDERING * 2


def test_a_hole_behind_which_more_waits_than_any_window_holds_is_given_up() -> None:
    stream = opened()
    pieces: Sequence[Piece] = ()
    for count in range(PATIENCE):
        pieces = add(stream, 1 + count, b"x")
    assert seen(pieces) == b"?" + b"x" * PATIENCE


def test_the_end_of_the_capture_gives_out_what_waits() -> None:
    stream = opened()
    add(stream, 2, b"c")
    add(stream, 5, b"f")
    assert seen(stream.finish()) == b"??c??f"
    assert not stream.has_hole
    assert stream.finish() == []


def test_of_a_segment_that_was_kept_in_part_the_rest_is_missing_but_not_lost() -> None:
    stream = opened()
    (piece,) = add(stream, 0, b"ab", length=10)
    assert (piece.data, piece.missing, piece.lost) == (b"ab", 8, False)
    assert seen(add(stream, 8, b"--kl")) == b"kl"


@pytest.mark.parametrize("overlap, expected", [(1, b"b????"), (2, b"????"), (4, b"??")])
def test_an_overlap_takes_the_front_off_a_segment_that_was_kept_in_part(overlap: int, expected: bytes) -> None:
    stream = opened()
    add(stream, 0, b"--------"[:overlap])
    assert seen(add(stream, 0, b"ab", length=6)) == expected


def test_a_stream_that_was_joined_midway_begins_with_what_is_seen_first() -> None:
    stream = Stream()
    assert seen(add(stream, 100, b"abc")) == b"abc"
    assert stream.initial is None
    assert not stream.open(START)


def test_a_syn_sent_again_changes_nothing() -> None:
    stream = opened()
    assert not stream.open(START - 1)
    assert seen(add(stream, 0, b"abc")) == b"abc"


def test_a_stream_is_finished_when_everything_before_its_fin_was_given_out() -> None:
    stream = opened()
    stream.close((START + 4) % 2**32)
    add(stream, 2, b"cd")
    assert not stream.finished
    add(stream, 0, b"ab")
    assert stream.finished


def test_a_probe_of_an_idle_connection_is_nothing_new() -> None:
    stream = opened()
    add(stream, 0, b"abc")
    assert add(stream, 2, b"\0") == ()
    assert add(stream, -1, b"") == ()


def test_what_is_sent_again_is_counted_and_probes_are_not() -> None:
    stream = opened()
    add(stream, 0, b"abc")
    add(stream, 2, b"\0")
    assert stream.repeated == 0
    add(stream, 0, b"abc")
    add(stream, 1, b"bcd")
    add(stream, 9, b"j")
    add(stream, 9, b"j")
    assert stream.repeated == 3
    assert seen(stream.finish()) == b"?????j"


def test_a_gap_names_the_frames_on_both_sides_of_it() -> None:
    stream = opened()
    add(stream, 0, b"abc", number=4)
    add(stream, 5, b"f", number=7)
    lost, _ = stream.finish()
    assert (lost.after, lost.frame.number) == (4, 7)


def test_what_waits_is_bounded_by_its_octets_too() -> None:
    stream = opened()
    big = bytes(MOST_WAITING // 4)
    pieces: list[Piece] = []
    for count in range(5):
        assert not pieces
        pieces = list(add(stream, 1 + count * len(big), big))
    assert [piece.missing for piece in pieces] == [1, 0, 0, 0, 0, 0]
    assert stream.held == 0


def test_a_segment_from_far_back_is_of_another_connection() -> None:
    stream = opened()
    add(stream, 0, b"abc")
    assert stream.add((START - FARTHEST_BACK - 1) % 2**32, b"x", 1, frame(2)) is None
    assert stream.add((START - FARTHEST_BACK + 3) % 2**32, b"x", 1, frame(2)) == ()
