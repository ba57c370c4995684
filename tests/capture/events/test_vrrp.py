from __future__ import annotations

from harness.capture import events as ev
from tests.capture.make import Fields, Wire


def test_priority_0_is_to_resign() -> None:
    fields: Fields = {"version": 3, "vrid": 1, "interval": 1000, "authentication": 0, "addresses": ()}
    wire = Wire().add(ev.VrrpAdvertisement, **fields, priority=0).add(ev.VrrpAdvertisement, **fields, priority=100)
    assert [event.resigns for event in wire.events if isinstance(event, ev.VrrpAdvertisement)] == [True, False]
    assert wire.events[1].standard()["prio"] == 100
