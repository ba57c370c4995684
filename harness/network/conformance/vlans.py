"""Who hears whom: VLANs, trunks, forged tags, learning."""

# ruff: noqa: S101 - these are tests, which pytest runs

from __future__ import annotations

import pytest

from harness.network import tags
from harness.network.conformance.floor import EVERYONE, EXPERIMENTAL, GROUP, TEN, THIRTY, TWENTY, Floor, expect, mac
from harness.network.ports import Access, Trunk


class TestVlans:
    """Who hears whom."""

    @pytest.mark.parametrize("to", [EVERYONE, GROUP, mac(99)], ids=["broadcast", "multicast", "unknown"])
    def test_a_frame_is_heard_in_its_vlan_and_nowhere_else(self, floor: Floor, to: bytes) -> None:
        """Flooding stays within the VLAN."""
        one, same, other, witness = (floor.end(Access(vlan)) for vlan in (TEN, TEN, TWENTY, TWENTY))
        one.send(to, b"mine")
        expect(same, b"mine")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not other.hears(b"mine")
        assert not one.hears(b"mine"), "nobody hears himself"

    @pytest.mark.parametrize("vlan", [TWENTY, THIRTY, 4095])
    def test_a_forged_tag_leads_nowhere(self, floor: Floor, vlan: int) -> None:
        """A tag of another VLAN on an access port, alone or behind the port's own."""
        one, same, other, witness = (floor.end(Access(v)) for v in (TEN, TEN, TWENTY, TWENTY))
        one.send(EVERYONE, b"forged", tag=tags.tag(vlan))
        one.send(EVERYONE, b"stacked", tag=tags.tag(TEN) + tags.tag(vlan))
        one.send(EVERYONE, b"honest")
        expect(same, b"honest")
        witness.send(EVERYONE, b"later")
        expect(other, b"later")
        assert not any(end.hears(body) for end in (same, other) for body in (b"forged", b"stacked"))

    def test_a_priority_tag_is_of_the_port_s_own_vlan(self, floor: Floor) -> None:
        """VLAN 0 is no VLAN."""
        one, same = floor.end(Access(TEN)), floor.end(Access(TEN))
        one.send(EVERYONE, b"urgent", tag=tags.tag(0, 0b1010))
        expect(same, b"urgent")

    def test_a_trunk_carries_its_vlans_and_no_others(self, floor: Floor) -> None:
        """Each VLAN is heard at its own interface, the native one without a tag."""
        trunk = floor.end(Trunk(frozenset({TEN, TWENTY}), THIRTY))
        ends = {vlan: floor.end(Access(vlan)) for vlan in (TEN, TWENTY, THIRTY, 40)}
        bodies = {vlan: f"from {vlan}".encode() for vlan in ends}
        for vlan in (40, TEN, TWENTY, THIRTY):
            ends[vlan].send(EVERYONE, bodies[vlan])
        for interface, vlan in ((TEN, TEN), (TWENTY, TWENTY), (0, THIRTY)):
            trunk.send(EVERYONE, b"answer", vlan=interface)
            expect(ends[vlan], b"answer")
            expect(trunk, bodies[vlan])
        assert not trunk.hears(bodies[40])
        assert not ends[40].hears(b"answer")

    def test_a_station_is_learnt_and_found_after_it_moved(self, floor: Floor) -> None:
        """A frame to a known station is nobody else's."""
        one, two, three = (floor.end(Access(TEN)) for _ in range(3))
        two.send(EVERYONE, b"here")
        expect(one, b"here")
        one.send(two.mac, b"private")
        expect(two, b"private")
        three.stations[0].send(EVERYONE + two.mac + EXPERIMENTAL + b"moved".ljust(46, b"\0"))
        expect(one, b"moved")
        one.send(two.mac, b"again")
        expect(three, b"again")
        assert not three.hears(b"private")
        assert not two.hears(b"again")

    def test_reserved_groups_are_not_forwarded(self, floor: Floor) -> None:
        """802.1Q, table 8-1."""
        one, two = floor.end(Access(TEN)), floor.end(Access(TEN))
        for last in (1, 2, 3, 14):
            one.send(bytes.fromhex("0180c20000") + bytes([last]), b"reserved")
        one.send(EVERYONE, b"later")
        expect(two, b"later")
        assert not two.hears(b"reserved")
