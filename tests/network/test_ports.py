from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.network.ports import Access, Trunk, from_json, members, to_json

vlans = st.integers(1, 4094)


@pytest.mark.parametrize("vlan", [0, -1, 4095, 65_536])
def test_an_identifier_that_no_vlan_can_have_is_refused(vlan: int) -> None:
    with pytest.raises(ValueError, match="expected 1 to 4094"):
        Access(vlan)
    with pytest.raises(ValueError, match="expected 1 to 4094"):
        Trunk(frozenset({vlan}))
    with pytest.raises(ValueError, match="expected 1 to 4094"):
        Trunk(frozenset({5}), vlan)


def test_a_native_vlan_is_not_tagged() -> None:
    with pytest.raises(ValueError, match="VLAN 10 is native and tagged on one trunk"):
        Trunk(frozenset({10, 20}), 10)


def test_a_trunk_carries_something() -> None:
    with pytest.raises(ValueError, match="carries nothing"):
        Trunk()


def test_members() -> None:
    assert members(Access(7)) == {7}
    assert members(Trunk(frozenset({1, 2}))) == {1, 2}
    assert members(Trunk(frozenset({1, 2}), 3)) == {1, 2, 3}


@given(st.builds(Access, vlans) | st.builds(Trunk, st.frozensets(vlans, min_size=1)))
def test_json_keeps_a_mode(mode: Access | Trunk) -> None:
    assert from_json(json.loads(json.dumps(to_json(mode)))) == mode


@pytest.mark.parametrize("value", [{"tagged": 3, "native": None, "access": False}, {"native": "x", "tagged": []}])
def test_json_that_is_no_mode_is_refused(value: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="is no"):
        from_json(value)
