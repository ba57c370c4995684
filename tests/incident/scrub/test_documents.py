from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from harness.incident.scrub import documents
from harness.topology.loader import load
from tests.incident.scrub.tools import text, twice

TOPOLOGIES = Path(__file__).parents[3] / "scenarios/topologies"
ENTRY: dict[str, Any] = {
    "__CURSOR": "s=secret",
    "__REALTIME_TIMESTAMP": "1795282812078815",
    "_BOOT_ID": "9384f8edbc9943e09d497c1bad4abc1d",
    "_HOSTNAME": "acme01",
    "_CMDLINE": "etcd --secret x",
    "_SYSTEMD_UNIT": "etcd.service",
    "_TRANSPORT": "stdout",
    "PRIORITY": "6",
    "_PID": "17",
    "MESSAGE": "acme01 lost leader 10.7.8.9",
}


def test_an_entry_keeps_the_fields_that_are_known() -> None:
    means = text()
    documents.learn(ENTRY, means)
    found, left_out = documents.entry(ENTRY, means)
    assert left_out == 2
    assert {*ENTRY} - {*found} == {"__CURSOR", "_CMDLINE"}
    same = ("__REALTIME_TIMESTAMP", "_SYSTEMD_UNIT", "_TRANSPORT", "PRIORITY", "_PID")
    assert [found[name] for name in same] == [ENTRY[name] for name in same]
    assert found["_HOSTNAME"] == means.names.label("acme01")
    assert found["MESSAGE"].startswith(f"{found['_HOSTNAME']} lost leader ")
    assert "10.7.8.9" not in found["MESSAGE"]
    assert found["_BOOT_ID"] == means.identifier(ENTRY["_BOOT_ID"]) != ENTRY["_BOOT_ID"]


def test_messages_of_other_forms_are_scrubbed_too() -> None:
    means = text("acme01")
    name = means.names.label("acme01")
    assert documents.entry({"MESSAGE": list(b"on acme01")}, means) == ({"MESSAGE": f"on {name}"}, 0)
    assert documents.entry({"MESSAGE": ["acme01", [120]]}, means) == ({"MESSAGE": [name, "x"]}, 0)
    assert documents.entry({"MESSAGE": None}, means) == ({"MESSAGE": None}, 0)
    assert documents.entry({"PRIORITY": "rm -rf", "_TRANSPORT": "a secret\n", "_PID": {}}, means) == ({}, 3)


def test_a_configuration_s_hosts_are_learnt_and_its_secrets_go() -> None:
    means = text()
    config = {
        "node_id": "acme01",
        "leader_url": "https://acme01.plasma.local:2379",
        "initial_peers": ["acme01:2380", "acme02:2380"],
        "raft_addr": "10.7.8.9:2380",
        "join_token": "s3cr3t",
        "bootstrap": True,
        "ca": "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----",
    }
    documents.learn_configuration(config, means)
    assert means.names.originals == ["acme01", "acme02", "plasma"]
    found = documents.configuration(config, means)
    assert {*found} == {*config}
    assert found["initial_peers"][0] == f"{found['node_id']}:2380"
    assert found["leader_url"].startswith(f"https://{found['node_id']}.")
    assert found["bootstrap"] is True
    assert found["join_token"] == "xxxxxx"
    assert not [one for one in ("acme", "plasma", "MII", "10.7.8.9") if one in json.dumps(found)]


def test_a_topology_can_still_be_loaded(tmp_path: Path) -> None:
    for path in sorted(TOPOLOGIES.glob("*.yaml")):
        before = load(path)
        means = text(*(one.name for one in before.machines))
        octets = path.read_bytes()
        twice(means, lambda: documents.topology(octets, means, str))  # noqa: B023 - called at once
        (tmp_path / path.name).write_bytes(documents.topology(octets, means, str))
        after = load(tmp_path / path.name)
        assert [one.id for one in after.vlans] == [one.id for one in before.vlans]
        assert len(after.machines) == len(before.machines)
        assert {one.name for one in after.machines} & {one.name for one in before.machines} <= {"nfs"}, "anybody's"
        assert "#" not in (tmp_path / path.name).read_text(), "comments are not there"


def test_a_topology_s_parts_are_told() -> None:
    assert set(documents.parts((TOPOLOGIES / "three-sites.yaml").read_bytes())) >= {"three-sites", "a", "b", "c"}
    assert list(documents.parts(b"- nothing")) == []


def test_objects_are_lines() -> None:
    assert list(documents.lines([{"a": "ü"}, {}])) == ['{"a": "ü"}\n'.encode(), b"{}\n"]
