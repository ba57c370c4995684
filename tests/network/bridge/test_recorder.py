from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames
from harness.capture.files.snap import Oversize
from harness.network.bridge.recorder import Recorder, carry_out
from harness.network.tags import MAX_FRAME
from tests.network.bridge.cable import Cable, cable

__all__ = ["cable"]

pytestmark = pytest.mark.kernel


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    return tmp_path / "bridge.pcapng"


@pytest.fixture
def recorder(capture: Path, cable: Cable) -> Iterator[Recorder]:
    with Writer.create(capture, snap=Oversize(MAX_FRAME)) as writer:
        made = cable.place.run(lambda: Recorder(writer))
        cable.place.run(lambda: made.watch("node01/eth0", "one", arriving="in", leaving="out"))
        yield made
        made.close()


def bodies(capture: Path) -> list[bytes]:
    return [bytes(frame.data[14:18]) for frame in frames(capture)]


def test_frames_of_both_directions_are_in_order_with_their_link_s_name(
    recorder: Recorder, cable: Cable, capture: Path
) -> None:
    for n in range(50):
        cable.there.send(cable.frame(b"%04d" % (2 * n)))
        cable.here.send(cable.frame(b"%04d" % (2 * n + 1)))
    recorder.flush()
    assert bodies(capture) == [b"%04d" % n for n in range(100)]
    found = list(frames(capture))
    assert {frame.link for frame in found} == {"node01/eth0"}
    assert [frame.time for frame in found] == sorted(frame.time for frame in found)
    assert recorder.lost() == 0


def test_what_is_not_wanted_any_more_is_not_recorded(recorder: Recorder, cable: Cable, capture: Path) -> None:
    cable.there.send(cable.frame(b"come"))
    recorder.watch("node01/eth0", "one", arriving=None, leaving="out")
    cable.there.send(cable.frame(b"lost"))
    cable.here.send(cable.frame(b"gone"))
    recorder.watch("node01/eth0", "one", arriving="in", leaving="out")
    cable.there.send(cable.frame(b"back"))
    recorder.flush()
    assert bodies(capture) == [b"come", b"gone", b"back"]


def test_a_device_that_is_forgotten_keeps_what_passed_it(recorder: Recorder, cable: Cable, capture: Path) -> None:
    cable.there.send(cable.frame(b"last"))
    recorder.forget("one")
    cable.there.send(cable.frame(b"late"))
    recorder.flush()
    assert bodies(capture) == [b"last"]


def test_a_device_that_goes_is_no_trouble(recorder: Recorder, cable: Cable, capture: Path) -> None:
    cable.there.send(cable.frame(b"last"))
    cable.remove()
    recorder.flush()
    recorder.forget("one")
    assert bodies(capture) == [b"last"]


@pytest.mark.parametrize(
    "message",
    [
        {"do": "watch", "sources": [{"link": "a", "device": "nowhere", "arriving": "in", "leaving": "out"}]},
        {"do": "watch", "sources": [{"link": "a"}]},
        {"do": "forget", "devices": ["nowhere"]},
        {"do": "watch"},
    ],
)
def test_what_can_t_be_done_is_answered(recorder: Recorder, message: dict[str, object]) -> None:
    assert "error" in carry_out(recorder, message)
    assert carry_out(recorder, {"do": "flush"}) == {"answer": 0}
