from __future__ import annotations

from harness.incident.machines import unheard
from harness.incident.machines.scene import Scene
from harness.incident.packet import Packet
from tests.incident.records import T036, at, every, frames, record


def calls(began: float = 0, ended: float = 20) -> list[Packet]:
    return frames(T036, "node01", every(0.5, began, ended), to="node02")


def others() -> list[Packet]:
    return [*frames(T036, "node01", every(1, 0, 20), to="node03"), *frames(T036, "node03", every(1, 0, 20))]


def told(*packets: Packet) -> list[str]:
    return [f"{one.who}: {one.what}" for one in unheard.find(Scene(record(packets=[*packets, *others()])))]


def test_who_is_never_heard_is_told() -> None:
    (said,) = told(*calls())
    assert said == (
        "node02: it is spoken to 40 times from the beginning on, and never heard: what ails it began before"
    )


def test_who_is_heard_late_is_told_with_the_moment() -> None:
    (found,) = unheard.find(Scene(record(packets=[*calls(), *frames(T036, "node02", [8.25]), *others()])))
    assert (found.began, found.ended, len(found.evidence)) == (at(0), at(8.25), 2)
    assert "only 8.2 s later heard" in found.what


def test_who_answers_at_once_or_is_called_later_is_none_of_them() -> None:
    assert told(*calls(), *frames(T036, "node02", [0.6, 5])) == []
    assert told(*frames(T036, "node03", [0]), *calls(10)) == []
    assert told(*calls(0, 2)) == []
    group = [one._replace(dst="239.1.1.1") for one in calls()]
    assert told(*group, *(one._replace(carries="arp") for one in calls())) == []


def test_who_is_acknowledged_and_not_heard_is_captured_one_way() -> None:
    acknowledged = [one._replace(ack=1 + 100 * place) for place, one in enumerate(calls())]
    (found,) = unheard.find(Scene(record(packets=acknowledged)))
    assert found.what.startswith("what it says is acknowledged and was not captured")
    assert list(unheard.find(Scene(record(packets=calls())))) == []
