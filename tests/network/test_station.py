from __future__ import annotations

import time

import pytest

from harness.network import tags
from harness.network.ports import Access
from harness.network.station import Station
from harness.network.switch import offload
from harness.network.switch.device import Tap
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel

FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x0a"


@pytest.mark.parametrize("tag", [b"", tags.tag(5, 3)])
def test_a_station_hears_frames_with_their_tags_and_not_its_own(tag: bytes) -> None:
    with NetworkNamespace.create() as place:
        (plug,) = make_cards(place, {"eth0": Card("eth0", "52:54:00:00:01:01", Access(5))})
        tap = Tap(plug.descriptors[0])
        with Station(place, "eth0") as station:
            frame = FRAME + tag + b"\x88\xb5" + bytes(46)
            before = time.time_ns()
            tap.write(offload.PLAIN + frame)
            station.send(frame)
            (heard,) = station.hear()
            assert heard.frame == frame
            assert before <= heard.time_ns <= time.time_ns()
            assert tap.read()[offload.LENGTH :] == frame
        tap.close()
