from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.network import tags
from harness.network.ports import Access, PortMode, Trunk, members
from harness.network.switch.core import SwitchCore
from harness.network.tags import MAX_FRAME
from tests.network.switch.forwarding import forward
from tests.network.switch.reference import Reference

A, B, C = (bytes.fromhex(f"0200000000{n:02x}") for n in (10, 11, 12))
ALL = b"\xff" * 6
IP = b"\x08\x00"
PORTS: dict[int, PortMode] = {
    0: Access(10),
    1: Access(10),
    2: Access(20),
    3: Trunk(frozenset({10, 20}), 30),
    4: Trunk(frozenset({20, 30})),
    5: Access(30),
    6: Trunk(frozenset({10, 30}), 20),
}

vlan_ids = st.sampled_from([0, 1, 10, 20, 30, 4095])
stations = st.sampled_from([A, B, C, ALL, bytes(6), bytes.fromhex("01005e000001"), bytes.fromhex("0180c2000003")])
tag_bytes = st.builds(tags.tag, vlan_ids, st.integers(0, 15))
frames = st.builds(
    lambda to, by, tag, ethertype, body: to + by + b"".join(tag) + ethertype + body,
    stations,
    stations,
    st.lists(tag_bytes, max_size=2),
    st.sampled_from([IP, b"\x08\x06", b"\x81\x00", b"\x88\xa8", b"\x00\x00"]),
    st.binary(max_size=60) | st.just(bytes(9_100)),
)
anything = frames | st.binary(max_size=80)
steps = st.lists(st.tuples(st.sampled_from(sorted(PORTS)), anything, st.sampled_from([0.0, 1.0, 150.0, 301.0])))


def switch(ports: dict[int, PortMode] = PORTS, ageing: float = 300.0) -> SwitchCore:
    core = SwitchCore(ageing=ageing)
    for number, mode in ports.items():
        core.add(number, mode)
    return core


def sent(core: SwitchCore, port: int, frame: bytes, now: float = 0.0) -> dict[int, bytes]:
    leaving = forward(core, port, frame, now)
    assert len(leaving) == len(dict(leaving)), "twice by one port"
    return dict(leaving)


def dropped(core: SwitchCore, port: int) -> dict[str, int]:
    return core._ports[port].counters.dropped


@settings(max_examples=400)
@given(steps)
def test_it_does_what_the_reference_does(taken: list[tuple[int, bytes, float]]) -> None:
    core, reference, now = switch(), Reference(PORTS), 0.0
    for port, frame, passed in taken:
        now += passed
        assert sorted(forward(core, port, frame, now)) == sorted(reference.forward(port, frame, now))


@settings(max_examples=300)
@given(steps)
def test_frames_stay_in_their_vlan_and_never_go_back(taken: list[tuple[int, bytes, float]]) -> None:
    core = switch()
    for port, frame, _ in taken:
        for out, leaving in forward(core, port, frame, 0.0):
            assert out != port
            there = tags.parse(tags.key(leaving))
            assert there is not None
            here = tags.parse(tags.key(frame))
            assert here is not None
            vlan = here.vlan or PORTS[port].native
            assert vlan in members(PORTS[port]) & members(PORTS[out])
            assert there.vlan == (0 if vlan == PORTS[out].native else vlan)
            assert leaving[:12] == frame[:12]
            assert leaving[12 + there.length :] == frame[12 + here.length :]


def test_a_stranger_is_flooded_within_the_vlan() -> None:
    body = IP + b"hello"
    assert sent(switch(), 0, B + A + body) == {
        1: B + A + body,
        3: B + A + tags.tag(10) + body,
        6: B + A + tags.tag(10) + body,
    }


def test_a_station_that_spoke_is_found() -> None:
    core = switch()
    sent(core, 1, ALL + B + IP)
    assert set(sent(core, 0, B + A + IP)) == {1}


def test_a_station_on_the_sender_s_own_port_gets_nothing_from_the_switch() -> None:
    core = switch()
    sent(core, 3, ALL + B + tags.tag(10) + IP)
    assert sent(core, 3, B + A + tags.tag(10) + IP) == {}


def test_one_address_may_be_in_two_vlans() -> None:
    core = switch()
    sent(core, 1, ALL + A + IP)
    sent(core, 2, ALL + A + IP)
    assert set(sent(core, 3, A + B + tags.tag(10) + IP)) == {1}
    assert set(sent(core, 3, A + B + tags.tag(20) + IP)) == {2}


def test_a_station_that_moved_is_found_at_its_new_port() -> None:
    core = switch()
    sent(core, 0, ALL + A + IP)
    assert set(sent(core, 1, A + B + IP)) == {0}
    sent(core, 3, ALL + A + tags.tag(10) + IP)
    assert set(sent(core, 1, A + B + IP)) == {3}
    assert core.table.moves == 1


def test_a_station_that_was_silent_is_flooded_to_again_and_talking_keeps_it_known() -> None:
    core = switch(ageing=300)
    sent(core, 0, ALL + A + IP, now=0)
    assert set(sent(core, 1, A + B + IP, now=300)) == {0}
    assert set(sent(core, 1, A + B + IP, now=301)) == {0, 3, 6}
    sent(core, 0, B + A + IP, now=400)
    sent(core, 0, B + A + IP, now=600)
    assert set(sent(core, 1, A + B + IP, now=899)) == {0}


def test_a_station_that_is_heard_again_after_it_was_forgotten_is_found() -> None:
    core = switch(ageing=300)
    sent(core, 0, ALL + A + IP, now=0)
    assert len(sent(core, 1, A + B + IP, now=400)) == 3
    sent(core, 0, ALL + A + IP, now=401)
    assert set(sent(core, 1, A + B + IP, now=402)) == {0}


@pytest.mark.parametrize("vlan", [20, 30, 99, 4095])
def test_a_forged_tag_on_an_access_port_goes_nowhere_and_is_counted(vlan: int) -> None:
    core = switch()
    assert sent(core, 0, ALL + A + tags.tag(vlan) + IP) == {}
    assert dropped(core, 0) == {"vlan": 1}


@pytest.mark.parametrize("outer", [0, 10])
def test_a_tag_behind_a_tag_can_t_hop_into_another_vlan(outer: int) -> None:
    core = switch()
    assert sent(core, 0, ALL + A + tags.tag(outer) + tags.tag(20) + IP) == {}
    assert dropped(core, 0) == {"stacked": 1}


def test_a_priority_tag_is_of_the_port_s_own_vlan_and_its_priority_is_kept_on_trunks() -> None:
    left = sent(switch(), 0, ALL + A + tags.tag(0, priority=0b1010) + IP)
    assert left == {1: ALL + A + IP, 3: ALL + A + tags.tag(10, 0b1010) + IP, 6: ALL + A + tags.tag(10, 0b1010) + IP}


def test_the_native_vlan_leaves_untagged() -> None:
    left = sent(switch(), 5, ALL + A + IP)
    assert left == {3: ALL + A + IP, 4: ALL + A + tags.tag(30) + IP, 6: ALL + A + tags.tag(30) + IP}


def test_an_untagged_frame_on_a_trunk_without_native_vlan_goes_nowhere() -> None:
    core = switch()
    assert sent(core, 4, ALL + A + IP) == {}
    assert sent(core, 4, ALL + A + tags.tag(0) + IP) == {}
    assert dropped(core, 4) == {"vlan": 2}


@pytest.mark.parametrize(
    "frame, reason",
    [
        (b"", "runt"),
        (bytes(13), "runt"),
        (ALL + A + b"\x81\x00\x00", "runt"),
        (ALL + A + b"\x81\x00\x00\x0a", "runt"),
        (ALL + A + IP + bytes(MAX_FRAME - 13), "oversize"),
        (bytes.fromhex("0180c2000000") + A + IP, "reserved"),
        (bytes.fromhex("0180c200000e") + A + IP, "reserved"),
        (B + ALL + IP, "source"),
        (B + bytes(6) + IP, "source"),
    ],
)
def test_what_no_bridge_forwards_is_counted_by_reason(frame: bytes, reason: str) -> None:
    core = switch()
    assert sent(core, 0, frame) == {}
    assert dropped(core, 0) == {reason: 1}
    assert len(core.table) == 0, "and nothing is learnt from it"


def test_reserved_addresses_end_where_the_standard_says() -> None:
    assert sent(switch(), 0, bytes.fromhex("0180c2000010") + A + IP)


def test_the_longest_frame_passes() -> None:
    assert sent(switch(), 0, ALL + A + IP + bytes(MAX_FRAME - 14))


def test_an_oversize_frame_of_a_known_pair_is_dropped_too() -> None:
    core = switch()
    assert sent(core, 0, ALL + A + IP)
    assert sent(core, 0, ALL + A + IP + bytes(MAX_FRAME)) == {}


def test_a_port_that_goes_takes_its_stations_with_it() -> None:
    core = switch()
    sent(core, 0, ALL + A + IP)
    core.remove(0)
    assert set(sent(core, 1, A + B + IP)) == {3, 6}


def test_a_port_that_changes_its_vlan_leaves_the_old_one() -> None:
    core = switch()
    sent(core, 0, ALL + A + IP)
    sent(core, 1, A + B + IP)
    core.add(0, Access(20))
    assert set(sent(core, 1, A + B + IP)) == {3, 6}


def test_a_flushed_port_s_stations_are_learnt_anew() -> None:
    core = switch()
    sent(core, 0, ALL + A + IP)
    core.flush(0)
    assert set(sent(core, 1, A + B + IP)) == {0, 3, 6}
