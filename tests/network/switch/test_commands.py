from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.capture.files.reader import frames
from harness.capture.notes import LINK, LOST, parse
from harness.network import impairment
from harness.network.impairment import Impairment
from harness.network.ports import Access
from harness.network.switch.commands import Commands
from tests.network.switch.fakes import Bench

FRAME = b"\xff" * 6 + b"\x02\0\0\0\0\x0a" + b"\x08\x06" + bytes(50)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path, Access(10), Access(10))
    yield made
    made.recorder.close()


@pytest.fixture
def commands(bench: Bench) -> Commands:
    return Commands(bench.fabric, bench.recorder, "36", lambda _port: None, lambda _port: None)


def ask(commands: Commands, **message: object) -> Any:  # noqa: ANN401 - JSON
    return commands.carry_out(message, [])["answer"]


def test_a_cut_with_carrier_is_seen_by_the_machine_and_forgets_its_station(bench: Bench, commands: Commands) -> None:
    bench.send(0, FRAME)
    assert ask(commands, do="cut", number=0, up=True, down=True, carrier=False)
    assert not bench.devices[0].carrier
    assert len(bench.fabric.cores["switch"].table) == 0
    ask(commands, do="cut", number=0, up=False, down=False, carrier=True)
    assert bench.devices[0].carrier


def test_what_is_in_force_is_read_back(commands: Commands) -> None:
    ask(commands, do="impair", number=0, value=impairment.to_json(Impairment(loss=0.5)), directions=["up"])
    ask(commands, do="cut", number=0, up=False, down=True, carrier=True)
    there = ask(commands, do="read", number=0)
    assert impairment.from_json(there["up"]["impairment"]) == Impairment(loss=0.5)
    assert (there["up"]["cut"], there["down"]["cut"]) == (False, True)


def test_rules_come_and_go_with_their_counts(bench: Bench, commands: Commands) -> None:
    ask(commands, do="deafen", rule=7, deaf={"1": [0]}, only={"protocol": "arp"})
    bench.send(0, FRAME)
    assert bench.heard(1) == []
    assert ask(commands, do="flush")["rules"] == {7: 1}
    assert ask(commands, do="hear", rule=7) == 1


def test_counters_are_reported_by_link(bench: Bench, commands: Commands) -> None:
    bench.send(0, FRAME)
    links = ask(commands, do="flush")["links"]
    assert (links["port0"]["received"], links["port1"]["sent"]) == (1, 1)
    assert set(ask(commands, do="unplug", numbers=[0])) == {"port0"}
    assert ask(commands, do="flush")["links"]["port0"] == links["port0"]


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"do": "dance"},
        {"do": "cut"},
        {"do": "cut", "number": 9, "up": True, "down": True, "carrier": True},
        {"do": "impair", "number": 0, "value": {"loss": 2}, "directions": ["up"]},
        {"do": "impair", "number": 0, "value": {}, "directions": ["sideways"]},
        {"do": "deafen", "rule": 1, "deaf": {}, "only": {"protocol": "quic"}},
        {"do": "unplug", "numbers": [9]},
        {"do": "plug"},
    ],
)
def test_nonsense_is_refused_with_a_reason(commands: Commands, message: dict[str, Any]) -> None:
    assert set(commands.carry_out(message, [])) == {"error"}


def test_what_is_done_is_noted_in_the_capture(bench: Bench, commands: Commands) -> None:
    ask(commands, do="cut", number=0, up=True, down=False, carrier=True)
    ask(commands, do="cut", number=0, up=False, down=False, carrier=True)
    ask(commands, do="impair", number=1, value=impairment.to_json(Impairment(loss=0.5)), directions=["down"])
    ask(commands, do="deafen", rule=7, deaf={"1": [0]}, only=None)
    ask(commands, do="hear", rule=7)
    ask(commands, do="note", what="phase", who=["node01"], details="healthy", since=None)
    ask(commands, do="flush")
    first, second = (bench.fabric.links[number].name for number in (0, 1))
    assert [frame.comment for frame in frames(bench.path) if frame.link == LINK] == [
        f"harness: cut {first}: up",
        f"harness: restore {first}",
        f"harness: impair {second}: down: loss 50 %",
        f"harness: deafen {second}: rule 7: {second} does not hear from {first}",
        f"harness: hear {second}: rule 7 is healed, which dropped 0 frames",
        "harness: phase node01: healthy",
    ]


def test_frames_that_were_lost_on_the_way_to_the_switch_are_noted_once(
    bench: Bench, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask(commands, do="flush")
    monkeypatch.setattr(bench.devices[0], "missed", lambda: 3)
    ask(commands, do="flush")
    ask(commands, do="flush")
    (note,) = [parse(frame.data[14:]) for frame in frames(bench.path) if frame.link == LINK]
    assert note.what == LOST
    assert note.details.startswith("3 frames")
    assert note.since is not None
