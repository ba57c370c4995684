from __future__ import annotations

import gzip
import json
import re
import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.capture.files.reader import frames as read
from harness.errors import SpecError
from harness.incident.replay.extraction import dialogue_of
from harness.incident.scrub import scrub
from harness.topology.loader import load
from tests.incident.replay import frames

ROOT = Path(__file__).parents[3]
MACS = [f"52:54:00:00:01:0{n}" for n in (1, 2, 3)]
CONFIG = {
    "node_id": "node01",
    "bootstrap": True,
    "raft_addr": "192.168.100.11:2380",
    "initial_peers": ["node01:2380", "node02:2380"],
    "join_token": "s3cr3t-of-ours",
}
MESSAGES = [
    "etcd.service: Main process exited, code=killed, status=9/KILL",
    "node02.plasma.local at 192.168.100.12 does not answer node01",
    "Authorization: Bearer abcdefgh.ijklmnop",
]


def entry(number: int, message: str) -> dict[str, object]:
    return {
        "__REALTIME_TIMESTAMP": str(1795282812078815 + number),
        "__MONOTONIC_TIMESTAMP": str(number),
        "_BOOT_ID": "9384f8edbc9943e09d497c1bad4abc1d",
        "_HOSTNAME": "node01",
        "_MACHINE_ID": "b910be4b901242cc97e2b83c7e9d1e87",
        "_CMDLINE": "/usr/bin/etcd --name node01",
        "MESSAGE": message,
    }


@pytest.fixture
def incident(tmp_path: Path) -> Path:
    folder = tmp_path / "incident"
    (folder / "node01").mkdir(parents=True)
    shutil.copy(frames.REAL, folder / "node01/node01-eth0.pcapng")
    with gzip.open(folder / "any.pcap.gz", "wb") as file:
        file.write((ROOT / "tests/capture/data/vrrp-keepalived.pcap").read_bytes())
    shutil.copy(ROOT / "scenarios/topologies/t036.yaml", folder)
    (folder / "node01/cluster-config.json").write_text(json.dumps(CONFIG))
    lines = [json.dumps(entry(number, message)) for number, message in enumerate(MESSAGES)]
    (folder / "node01.json").write_text("\n".join(lines) + "\n")
    return folder


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def originals() -> list[bytes]:
    some = [b"node01", b"node02", b"plasma", b"192.168.100.", b"s3cr3t", b"abcdefgh", b"/usr/bin/etcd"]
    return [*some, *(one.encode() for one in MACS), b"9384f8ed", b"b910be4b"]


def test_nothing_of_the_originals_is_left_and_all_is_still_there(incident: Path, tmp_path: Path) -> None:
    report = scrub(incident, tmp_path / "out")
    assert report.complete, str(report)
    found = written(tmp_path / "out")
    assert len(found) == len(report.files) == 5
    assert {*report.files.values()} == {*found}
    every = b"\n".join([*found.values(), *(name.encode() for name in found)])
    assert [one for one in originals() if one in every] == []
    packed = [bytes((192, 168, 100, host)) for host in (1, 11)] + [bytes.fromhex(one.replace(":", "")) for one in MACS]
    capture = found[report.files["node01/node01-eth0.pcapng"]]
    assert [one for one in packed if one in capture] == []
    assert report.counts["frames"] == sum(
        1 for name in ("node01/node01-eth0.pcapng", "any.pcap.gz") for _ in read(incident / name)
    )
    assert report.counts["journal entries"] == 3


def test_times_and_sizes_of_frames_are_unchanged(incident: Path, tmp_path: Path) -> None:
    report = scrub(incident, tmp_path / "out")
    for name in ("node01/node01-eth0.pcapng", "any.pcap.gz"):
        before, after = read(incident / name), read(tmp_path / "out" / report.files[name])
        for one, other in zip(before, after, strict=True):
            assert (one.time, one.length, len(one.data)) == (other.time, other.length, len(other.data))
    assert report.files["any.pcap.gz"] == "any.pcap"


def test_the_same_has_the_same_name_everywhere(incident: Path, tmp_path: Path) -> None:
    report = scrub(incident, tmp_path / "out")
    topology = load(tmp_path / "out" / report.files["t036.yaml"])
    first = topology.machines[0]
    config = json.loads((tmp_path / "out" / report.files["node01/cluster-config.json"]).read_text())
    lines = [json.loads(line) for line in (tmp_path / "out" / report.files["node01.json"]).read_text().splitlines()]
    dialogue = dialogue_of(tmp_path / "out" / report.files["node01/node01-eth0.pcapng"])
    address = str(first.nics[0].untagged_address)
    assert config["node_id"] == first.name == lines[0]["_HOSTNAME"]
    assert config["raft_addr"] == f"{address}:2380"
    assert dialogue.client == first.nics[0].mac
    assert f" does not answer {first.name}" in lines[1]["MESSAGE"]
    assert str(topology.machines[1].nics[0].untagged_address) in lines[1]["MESSAGE"]
    assert lines[0]["MESSAGE"] == MESSAGES[0]
    assert [one.question.what for one in dialogue.exchanges][8:11] == ["DISCOVER", "REQUEST", "GET /boot.ipxe"]
    assert str(topology.vlans[0].subnet) == address.rpartition(".")[0] + ".0/24"


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.binary(min_size=1, max_size=64))
def test_under_one_secret_the_same_in_is_the_same_out(
    secret: bytes, incident: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    one, other = (tmp_path_factory.mktemp("out") for _ in range(2))
    scrub(incident, one, secret=secret)
    scrub(incident, other, secret=secret)
    assert written(one) == written(other)
    assert not any(word in b"".join(written(one).values()) for word in originals())


NAME = st.from_regex(r"[a-z]{3,9}(-[a-z]{2,5})?[0-9]{1,2}", fullmatch=True)
ADDRESS = st.tuples(st.sampled_from(["10.%d.%d.%d", "172.16.%d.%d", "192.168.%d.%d"]), *[st.integers(2, 250)] * 3).map(
    lambda one: one[0] % one[1 : 1 + one[0].count("%d")]
)
TOKEN = st.from_regex(r"[a-z]{4}[A-Z]{4}[0-9]{4}[a-zA-Z0-9]{10,30}", fullmatch=True)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(
    names=st.lists(NAME, min_size=1, max_size=4, unique=True),
    addresses=st.lists(ADDRESS, min_size=1, max_size=4),
    tokens=st.lists(TOKEN, max_size=2),
)
def test_whatever_the_originals_are_nothing_of_them_is_left(
    names: list[str], addresses: list[str], tokens: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("incident")
    said = [f"{one} at {other}:2380 is lost" for one in names for other in addresses]
    said += [f"token {one} was refused, password={one}" for one in tokens]
    lines = [{**entry(number, line), "_HOSTNAME": names[number % len(names)]} for number, line in enumerate(said * 2)]
    (folder / "all.json").write_text("".join(json.dumps(line) + "\n" for line in lines))
    report = scrub(folder, folder.with_name(f"{folder.name}-out"))
    text = (folder.with_name(f"{folder.name}-out") / report.files["all.json"]).read_text()
    words = set(re.split(r"[^A-Za-z0-9.-]+", text))
    hosts = {line["_HOSTNAME"] for line in lines}
    assert words.isdisjoint({*hosts, *addresses, *tokens})
    assert text.count(" is lost") == 2 * len(names) * len(addresses)


def test_each_run_has_a_secret_of_its_own(incident: Path, tmp_path: Path) -> None:
    scrub(incident, tmp_path / "one")
    scrub(incident, tmp_path / "other")
    assert written(tmp_path / "one") != written(tmp_path / "other")


def test_names_are_kept_and_words_removed_on_demand(incident: Path, tmp_path: Path) -> None:
    report = scrub(incident, tmp_path / "out", keep=["node01"], names=["etcd"])
    text = (tmp_path / "out" / report.files["node01.json"]).read_text()
    assert '"_HOSTNAME": "node01"' in text
    assert "etcd" not in text


def test_what_is_not_understood_is_refused(incident: Path, tmp_path: Path) -> None:
    (incident / "notes.txt").write_text("the password is s3cr3t")
    (incident / "core.bin").write_bytes(bytes(range(256)))
    cut = incident / "cut.pcapng"
    cut.write_bytes(frames.REAL.read_bytes()[:-5])
    with (incident / "node01.json").open("a") as file:
        file.write("no JSON\n")
    report = scrub(incident, tmp_path / "out")
    assert not report.complete
    told = {one.file: one.why for one in report.refused}
    assert {*told} == {"notes.txt", "core.bin", "cut.pcapng", "node01.json"}
    assert "nothing after that was written" in told["cut.pcapng"]
    assert told["node01.json"] == "1 lines that are no journal entries are left out"
    assert b"s3cr3t" not in b"".join(written(tmp_path / "out").values())


def test_a_folder_that_can_t_be_used_is_told(incident: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/x").touch()
    for target, told in ((tmp_path / "full", "not empty"), (incident / "out", "within the incident's own")):
        with pytest.raises(SpecError, match=told):
            scrub(incident, target)
    with pytest.raises(SpecError, match="no such folder"):
        scrub(tmp_path / "none", tmp_path / "out")
    assert not (tmp_path / "out").exists()
