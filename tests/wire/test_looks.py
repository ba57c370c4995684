from __future__ import annotations

import pytest

from harness.capture import events as ev
from harness.capture.patterns import Like
from harness.wire.looks import Last, News, Steps, pattern_of
from tests.capture.make import SECOND, Wire


def test_each_event_is_new_once_where_it_is_kept_and_young_enough() -> None:
    wire = Wire().tftp()
    news = News(lambda: wire.events, lambda event: event.frame != 4, 2 * SECOND)
    assert [event.frame for event in news()] == [2]
    assert news() == []
    wire.tftp().tftp()
    assert [event.frame for event in news()] == [3, 5, 6]


def test_steps_are_taken_in_order_over_many_looks() -> None:
    wire = Wire().dhcp(ev.DhcpOffer)
    steps = Steps(News(lambda: wire.events, lambda _: True, 0), [ev.DhcpDiscover, ev.DhcpOffer])
    assert not steps.done()
    wire.dhcp(ev.DhcpDiscover)
    assert not steps.done(), "the offer came before"
    wire.dhcp(ev.DhcpOffer)
    assert steps.done()


def test_the_last_is_the_latest_that_fits() -> None:
    wire = Wire()
    last = Last(News(lambda: wire.events, lambda _: True, 0), ev.DhcpOffer)
    assert last.look() is None
    wire.dhcp(ev.DhcpOffer).dhcp(ev.DhcpOffer).dhcp(ev.DhcpDiscover)
    assert last.look() is wire.events[1]


def test_conditions_make_a_pattern_of_a_kind_only() -> None:
    assert pattern_of(ev.DhcpOffer, {}) is ev.DhcpOffer
    assert repr(pattern_of(ev.DhcpOffer, {"client": "a"})) == "DhcpOffer(client='a')"
    with pytest.raises(TypeError, match=r"conditions on fields \(client\)"):
        pattern_of(Like(ev.DhcpOffer), {"client": "a"})
