from __future__ import annotations

import json

from harness.incident.diagnosis import telling
from tests.incident.findings import SECOND, found
from tests.incident.told import told


def test_plain_values_have_every_time_thrice() -> None:
    values = json.loads(json.dumps(telling.as_json(told(found("split node01 node02,node03", 10, 16.5)))))
    (finding,) = values["findings"]
    assert finding["kind"] == "split"
    assert finding["targets"] == ["node01", "node02", "node03"]
    assert finding["began"] == {"ns": 10 * SECOND, "iso": "1970-01-01T00:00:10.000Z", "seconds": 3.0}
    assert finding["ended"]["seconds"] == 9.5
    assert finding["evidence"] == [{"file": "a.pcap", "shows": "split node01 node02,node03", "frame": 100}]
    assert (values["signature"], values["unread"]) == ("term runs away", ["x.evtx: no journal"])
    assert values["decided"] is True


def test_people_read_what_went_wrong_what_follows_and_what_is_uncertain() -> None:
    power, silent = found("power-cut node02", 10, 16), found("isolate node02", 10, 17)
    lines = list(telling.lines(told(power, silent, found("kill node01 etcd", 30, confidence=0.3))))
    assert lines[0] == "What was seen on 1970-01-01T00:00:10Z, again: power-cut node02."
    assert "  power-cut node02: from 1970-01-01T00:00:10.000Z for 6.00 s, confidence 0.90" in lines
    assert "  follows from 'power-cut node02': isolate node02" in lines
    assert "  uncertain: kill node01 etcd: from 1970-01-01T00:00:30.000Z, confidence 0.30" in lines
    assert "  unread: x.evtx: no journal" in lines


def test_nothing_is_told_as_nothing() -> None:
    assert next(iter(telling.lines(told()))) == "Nothing that the evidence decides."
    assert telling.as_json(told())["signature"] is None


def test_much_evidence_is_shortened() -> None:
    assert telling.shortened(range(20)) == [*map(str, range(8)), "… and 12 more"]
    assert telling.shortened(range(8)) == [*map(str, range(8))]
