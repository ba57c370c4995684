from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.capture.files.pcapng import Writer
from harness.incident.reproduction.journald import Journald
from harness.incident.reproduction.keeping import keep, links_of
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from tests.capture.build import ethernet, ipv4, udp
from tests.incident.records import SECOND, T036


class Network:
    """A network that was captured already."""

    def __init__(self, capture: Path) -> None:
        self.captures = [capture]

    def flush(self) -> None:
        """There is nothing left to be written."""


class On:
    def is_on(self) -> bool:
        return True


def test_links_are_those_of_the_cards() -> None:
    assert links_of(T036, ["node02", "node01"]) == ["node02/eth0", "node01/eth0"]
    with pytest.raises(LookupError):
        links_of(T036, ["node09"])


def test_what_is_kept_is_read_as_an_incident(tmp_path: Path) -> None:
    capture = tmp_path / "lab.pcapng"
    frame = ethernet(ipv4(udp(b"x", source=5, to=6), protocol=17))
    now = 1_795_280_000 * SECOND
    with Writer.create(capture, ["node01/eth0", "node03/eth0"]) as writer:
        for place, link in ((0, 0), (5, 0), (6, 1), (20, 0)):
            writer.write(frame, now + place * SECOND, link)
    with Journald({"node01": (On(), tmp_path / "logs")}) as journald:
        wait_until("the first line", lambda: journald.boots["node01"], within=5 * seconds)
    folder = tmp_path / "run-1"
    span = (now + SECOND, now + 10 * SECOND)
    record = keep(folder, T036, Network(capture), journald, seen_from=["node01", "node02"], span=span)
    assert [one.time - now for one in record.packets] == [5 * SECOND]
    assert {machine.name for machine in record.topology.machines} == {"node01", "node02", "node03"}
    assert [one.entry.message for one in record.logged] == ["Journal started"]
    assert json.loads((folder / "journals/node01.json").read_text())["_HOSTNAME"] == "node01"
    assert sorted(path.name for path in (folder / "captures").iterdir()) == ["node01-eth0.pcapng", "node02-eth0.pcapng"]
