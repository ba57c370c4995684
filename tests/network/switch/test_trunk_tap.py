from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network import tags
from harness.network.ports import Trunk
from harness.network.switch import offload
from harness.network.switch.offload import Offload
from harness.network.switch.trunk_tap import TrunkTap, tagged, untagged
from harness.network.wiring import Card, make_cards
from harness.sandbox.netns import NetworkNamespace

FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x0a" + b"\x08\x00" + bytes(50)


@given(st.integers(1, 4094))
def test_a_tag_is_put_on_and_off_with_the_offsets(vlan: int) -> None:
    head = bytes(Offload(offload.NEEDS_CHECKSUM, offload.TCP4, 54, 1000, 34, 16))
    on_the_cable = tagged(head + FRAME, vlan)
    assert on_the_cable[10:] == FRAME[:12] + tags.tag(vlan) + FRAME[12:]
    assert offload.parse(on_the_cable).start == 38
    assert untagged(on_the_cable) == (vlan, head + FRAME)


def test_the_native_vlan_s_frames_stay_as_they_are() -> None:
    assert tagged(offload.PLAIN + FRAME, 0) == offload.PLAIN + FRAME
    assert untagged(offload.PLAIN + FRAME) == (0, offload.PLAIN + FRAME)


@given(st.binary(min_size=10, max_size=60), st.integers(0, 4094))
def test_arbitrary_bytes_are_no_trouble(data: bytes, vlan: int) -> None:
    untagged(tagged(data, vlan))


@pytest.mark.kernel
def test_frames_come_and_go_by_the_interface_of_their_vlan() -> None:
    with NetworkNamespace.create() as place:
        card = Card("eth1", "52:54:00:00:01:01", Trunk(frozenset({10, 20}), 30))
        (plug,) = make_cards(place, {"eth1": card})
        trunk = TrunkTap(plug.descriptors)
        assert trunk.write(offload.PLAIN + FRAME[:12] + tags.tag(20) + FRAME[12:])
        assert trunk.write(offload.PLAIN + FRAME)
        assert not trunk.write(offload.PLAIN + FRAME[:12] + tags.tag(99) + FRAME[12:])
        assert received(place) == {"eth1": 1, "eth1.10": 0, "eth1.20": 1}
        with pytest.raises(BlockingIOError):
            trunk.read()
        assert trunk.set_carrier(on=False)
        trunk.close()


def received(place: NetworkNamespace) -> dict[str, int]:
    def look() -> dict[str, int]:
        rows = (row.split() for row in Path("/proc/thread-self/net/dev").read_text().splitlines()[2:])
        return {row[0].rstrip(":"): int(row[2]) for row in rows if row[0] != "lo:"}

    return place.run(look)
