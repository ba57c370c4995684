"""What holds for every process that is told; those that there are have tests of their own."""

from __future__ import annotations

import os
import resource
import signal
from pathlib import Path

import pytest

from harness.errors import HostError, LabError
from harness.network.helper_process import HelperProcess
from harness.network.ports import Trunk
from harness.network.switch_process import SwitchProcess
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace

pytestmark = pytest.mark.kernel


def test_what_does_not_start_is_told_with_its_last_words_and_leaves_nothing(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home:
        process = HelperProcess("harness.no_such_module", "the nothing", tmp_path / "a.pcapng", namespace=home)
        with pytest.raises(LabError, match=r"the nothing did not start(.|\n)*No module named"):
            process.launch({})
        assert process.pid is None
        with pytest.raises(LabError, match="the nothing was asked to dance while it was not running"):
            process.exchange({"do": "dance"}, "dance")
        process.stop()


def test_what_can_t_even_be_begun_leaves_nothing(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home:
        process = HelperProcess("harness.never", "the nothing", tmp_path / "nowhere" / "a.pcapng", namespace=home)
        before = sorted(Path("/proc/self/fd").iterdir())
        with pytest.raises(FileNotFoundError):
            process.launch({})
        assert sorted(Path("/proc/self/fd").iterdir()) == before


def test_an_answer_that_came_too_late_is_not_taken_for_the_next_one(tmp_path: Path) -> None:
    with NetworkNamespace.create() as home:
        switch = SwitchProcess(tmp_path / "a.pcapng", namespace=home, seed="1")
        switch.start()
        assert switch.pid is not None
        assert switch._control is not None
        os.kill(switch.pid, signal.SIGSTOP)
        switch._control.settimeout(0.1)
        with pytest.raises(LabError, match="the switch did not lay"):
            switch.tell("lay", links=[(1, "one")])
        switch._control.settimeout(10)
        os.kill(switch.pid, signal.SIGCONT)
        assert list(switch.tell("flush")["links"]) == ["one"]
        switch.stop()


def test_a_switch_that_may_not_have_so_many_cards_says_so_and_goes_on(tmp_path: Path) -> None:
    cards = {
        f"m/{number}": Card(f"e{number}", "52:54:00:00:00:01", Trunk(frozenset(range(1, 11)), 11), lasting=False)
        for number in range(8)
    }
    with NetworkNamespace.create() as home, NetworkNamespace.create() as place:
        network = SwitchNetwork(tmp_path, home)
        network.start()
        few = (40, 40)
        assert network.process.pid is not None
        resource.prlimit(network.process.pid, resource.RLIMIT_NOFILE, few)
        with pytest.raises(HostError, match="the switch did not plug: it may have no more than 40 files open: use"):
            network.wire(place, cards)
        (one,) = network.wire(place, {"m/last": next(iter(cards.values()))})
        assert one.counters().received >= 0
        network.stop()
