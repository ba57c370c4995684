from __future__ import annotations

import struct

import pytest

from harness.capture.frames import Frame
from harness.incident.files.mirrored import COPY, once, single
from tests.incident.field import said

APART = 10**8


def talk(count: int, *, other: str = "10.0.0.2") -> list[Frame]:
    """Return frames that differ, each some time after the one before."""
    return [said("10.0.0.1", other, time=number * APART, sequence=number) for number in range(1, count + 1)]


def again(frames: list[Frame], after: int = COPY // 10) -> list[Frame]:
    return [frame._replace(time=frame.time + after) for frame in frames]


def kept(frames: list[Frame]) -> list[Frame]:
    ordered = sorted(frames, key=lambda one: one.time)
    return list(once(ordered, single(ordered)))


@pytest.mark.parametrize("copies", [1, 2])
def test_of_frames_that_all_come_several_times_one_is_left(copies: int) -> None:
    sent = talk(20)
    assert kept(sent + again(sent) * copies) == sent


def test_a_tag_on_one_of_both_makes_no_difference() -> None:
    sent = talk(20)
    tag = struct.pack(">HH", 0x8100, 105)
    tagged = [one._replace(data=one.data[:12] + tag + one.data[12:], length=one.length + 4) for one in again(sent)]
    assert kept(sent + tagged) == sent


def test_a_network_that_duplicates_some_frames_is_left_as_it_is() -> None:
    sent = talk(20)
    every = sorted(sent + again(sent[::2]), key=lambda one: one.time)
    assert kept(every) == every


def test_what_is_said_anew_is_no_copy() -> None:
    sent = talk(20)
    every = sorted(sent + again(sent, after=2 * COPY), key=lambda one: one.time)
    assert kept(every) == every


def test_ends_of_which_a_mirror_shows_all_once_keep_what_they_repeat() -> None:
    twice, plain = talk(20), talk(20, other="10.0.0.3")
    repeated = again(plain[:1])
    found = kept(twice + again(twice) + plain + repeated)
    assert found == sorted(twice + plain + repeated, key=lambda one: one.time)


def test_on_two_links_a_frame_is_seen_twice_and_passed_on_so() -> None:
    sent = talk(20)
    elsewhere = [one._replace(link="eth1") for one in again(sent)]
    every = sorted(sent + elsewhere, key=lambda one: one.time)
    assert kept(every) == every
