"""A network's state, taken and put back on a real switch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.network import state
from harness.network.impairment import Impairment
from harness.network.state import Rule
from harness.network.switched import SwitchNetwork
from harness.sandbox.netns import NetworkNamespace
from harness.units import milliseconds


@pytest.fixture
def network(tmp_path: Path) -> Iterator[SwitchNetwork]:
    made = SwitchNetwork(tmp_path, NetworkNamespace.current())
    made.start()
    made.lay(["a/eth0", "b/eth0"])
    yield made
    made.stop()


def test_links_are_put_back_as_they_were(network: SwitchNetwork) -> None:
    first, second = network.links["a/eth0"], network.links["b/eth0"]
    slow = Impairment(delay=20 * milliseconds)
    first.impair(slow, directions=["up"])
    second.cut(directions=["down"])
    taken = state.take(network, [])

    first.impair(Impairment(delay=5 * milliseconds))
    first.cut()
    second.restore()
    state.put(network, taken, [])
    assert first.impairment("up") == slow
    assert first.impairment("down") == Impairment()
    assert not first.is_cut("up")
    assert not first.is_cut("down")
    assert not second.is_cut("up")
    assert second.is_cut("down")
    assert state.take(network, []) == taken


def test_what_is_as_it_was_is_not_touched(network: SwitchNetwork) -> None:
    network.links["a/eth0"].cut()
    taken = state.take(network, [])
    before = len(network.changes)
    state.put(network, taken, [])
    assert len(network.changes) == before


def test_rules_come_and_go_with_the_state(network: SwitchNetwork) -> None:
    old = Rule(network, ({"a/eth0": frozenset({"b/eth0"})}, None))
    taken = state.take(network, [old])
    old.heal()
    new = Rule(network, ({"b/eth0": frozenset({"a/eth0"})}, None))
    state.put(network, taken, [old, new])
    assert not old.healed
    assert new.healed
    with old:
        assert old.dropped() == 0
    assert old.healed
    assert old.heal() == 0  # twice is harmless
    assert [change.command for change in network.changes] == ["deafen", "hear", "deafen", "deafen", "hear", "hear"]


def test_a_rule_of_which_a_part_can_t_be_is_not_in_force_at_all(network: SwitchNetwork) -> None:
    deaf = {"a/eth0": frozenset({"b/eth0"})}
    with pytest.raises(KeyError, match="nobody/eth0"):
        Rule(network, (deaf, None), ({"nobody/eth0": frozenset({"b/eth0"})}, None))
    assert network.process.tell("flush")["rules"] == {}
