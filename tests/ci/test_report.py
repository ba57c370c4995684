from __future__ import annotations

import json

from measure.report import Figure, Peer


def test_a_figure_is_a_line_of_json_with_its_peers_and_goals() -> None:
    peers = [Peer("vde", 1.25, times=10), Peer("bridge", 20.0)]
    figure = Figure("TCP", 15.0, "Gbit/s", peers, notes={"rounds": 5})
    assert json.loads(figure.line()) == {
        "name": "TCP",
        "value": 15.0,
        "unit": "Gbit/s",
        "peers": [
            {"name": "vde", "value": 1.25, "times": 12.0, "goal": "at least 10 times"},
            {"name": "bridge", "value": 20.0, "times": 0.75},
        ],
        "met": True,
        "rounds": 5,
    }


def test_without_a_goal_nothing_is_said_to_be_met() -> None:
    assert Figure("TCP", 1.0, "s", [Peer("vde", 2.0)]).met() is None
    assert "met" not in json.loads(Figure("TCP", 1.0, "s").line())


def test_every_goal_has_to_be_met() -> None:
    mininet = Peer("Mininet", 3.0, times=3)
    assert Figure("up", 1.0, "s", [mininet], at_most=1, smaller_is_better=True).met()
    assert not Figure("up", 1.1, "s", [mininet], at_most=2, smaller_is_better=True).met()
    assert not Figure("up", 0.5, "s", [mininet], at_most=0.4, smaller_is_better=True).met()
