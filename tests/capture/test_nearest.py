from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.capture import events as ev
from harness.capture.nearest import count, differing, kind_of, name_of, nearest
from harness.capture.patterns import Like, matches
from tests.capture.make import SECOND, Wire

ALWAYS = 100 * SECOND
CLIENT, OTHER = "52:54:00:00:01:01", "52:54:00:00:01:02"


def test_one_that_came_at_another_time_is_nearest() -> None:
    events = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpDiscover).dhcp(ev.DhcpOffer).dhcp(ev.DhcpDiscover).events
    late = nearest(ev.DhcpDiscover, events, 0, 0)
    assert late is not None
    assert (late.event.frame, late.lacks) == (1, "it fits, but came too late")
    early = nearest(ev.DhcpDiscover, events, 3 * SECOND, 3 * SECOND)
    assert early is not None
    assert (early.event.frame, early.lacks) == (2, "it fits, but came before")


def test_then_one_of_the_kind_with_the_fewest_fields_that_differ() -> None:
    events = Wire().dhcp(ev.DhcpDiscover, 1, client=OTHER).dhcp(ev.DhcpDiscover, 2, client=CLIENT).events
    near = nearest(Like(ev.DhcpDiscover, client=CLIENT, transaction=3), events, 0, ALWAYS)
    assert near is not None
    assert (near.event.frame, near.lacks) == (2, "its transaction is 2")


def test_then_one_of_the_same_protocol_the_last() -> None:
    events = Wire().dhcp(ev.DhcpDiscover).dhcp(ev.DhcpRequest).tftp().events
    near = nearest(ev.DhcpAck, events, 0, ALWAYS)
    assert near is not None
    assert (near.event.frame, near.lacks) == (2, "its kind is dhcp-request")


def test_nothing_resembles_what_has_no_kind_or_no_company() -> None:
    events = Wire().dhcp(ev.DhcpDiscover).events
    assert nearest(lambda _: False, events, 0, ALWAYS) is None
    assert nearest(ev.ArpRequest, events, 0, ALWAYS) is None


def test_patterns_have_kinds_and_names() -> None:
    def is_odd(event: ev.Event) -> bool:
        return event.frame % 2 == 1

    like = Like(ev.ArpRequest, frame=1)
    assert [kind_of(one) for one in (ev.ArpRequest, like, is_odd)] == [ev.ArpRequest, ev.ArpRequest, None]
    assert [name_of(one) for one in (ev.ArpRequest, like, is_odd)] == ["ArpRequest", "ArpRequest(frame=1)", "is_odd"]


def test_events_are_counted_by_kind_the_most_frequent_first() -> None:
    assert count([]) == "nothing"
    assert (
        count(Wire().dhcp(ev.DhcpDiscover).tftp().tftp().events) == "2 tftp-complete, 2 tftp-request, 1 dhcp-discover"
    )


@given(st.lists(st.tuples(st.integers(1, 2), st.sampled_from([CLIENT, OTHER])), max_size=6))
def test_what_is_nearest_never_fits_within_the_time_and_nothing_differs_in_fewer_fields(
    some: list[tuple[int, str]],
) -> None:
    wire = Wire()
    for transaction, client in some:
        wire.dhcp(ev.DhcpDiscover, transaction, client=client)
    like = Like(ev.DhcpDiscover, client=CLIENT, transaction=1)
    misses = [event for event in wire.events if not matches(like, event)]
    near = nearest(like, misses, 0, ALWAYS)
    assert (near is None) == (not misses)
    if near is not None:
        assert len(differing(like, near.event)) == min(len(differing(like, event)) for event in misses)
