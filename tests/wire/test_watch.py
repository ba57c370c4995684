from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.capture.notes import RESTORE, Note
from harness.checks.verdict import Verdict
from harness.sandbox.waiting import HEALTHY
from harness.topology.loader import load
from harness.wire.watch import Watch
from harness.wire.wires import Wires
from tests.wire.tape import ADDRESSES, NAMES, NODE1, NODE2, VLAN, Tape, arp

T036 = load(Path(__file__).parents[2] / "scenarios/topologies/t036.yaml")


@pytest.fixture
def tape(tmp_path: Path) -> Iterator[Tape]:
    made = Tape(tmp_path)
    yield made
    made.close()


@pytest.fixture
def watch(tape: Tape, tmp_path: Path) -> Iterator[Watch]:
    wires = Wires(tape, VLAN, NAMES, tmp_path, HEALTHY)
    yield wires.watch(T036)
    wires.close()


def claim(tape: Tape, mac: str) -> None:
    """Have a machine claim node01's address."""
    own, wanted = (bytes(map(int, ADDRESSES[one].split("."))) for one in (mac, NODE1))
    tape.say(mac, arp(mac, reply=True).replace(own, wanted))


def owner(watch: Watch) -> Verdict:
    (verdict,) = (one for one in watch.verdicts() if one.name == "one owner per address")
    return verdict


def test_what_breaks_an_invariant_is_found_whenever_it_came(tape: Tape, watch: Watch) -> None:
    claim(tape, NODE1)
    assert owner(watch).valid
    claim(tape, NODE2)
    claim(tape, NODE1)
    assert owner(watch).valid is False
    assert owner(watch).valid is False, "what was fed once is remembered"


def test_when_time_goes_back_it_begins_anew(tape: Tape, watch: Watch) -> None:
    for mac in (NODE1, NODE2, NODE1):
        claim(tape, mac)
    tape.note(Note(RESTORE, ("node01", "node02"), "before-cut"))
    assert owner(watch).valid is not False
    claim(tape, NODE2)
    assert owner(watch).valid
