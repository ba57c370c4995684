from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from harness.errors import SpecError
from harness.incident.files.folder import open_incident

CAPTURES = Path(__file__).parents[2] / "capture" / "data"
TOPOLOGIES = Path(__file__).parents[3] / "scenarios" / "topologies"
LINE = json.dumps({"__REALTIME_TIMESTAMP": "1700000000000000", "MESSAGE": "hello"}).encode() + b"\n"
ASK = """
import sys
from pathlib import Path
from harness.incident.files.folder import open_incident
for one in sorted(open_incident(Path(sys.argv[1])).unread, key=str):
    print(one)
"""
CONFIG = {"node_id": "node01", "bootstrap": True, "raft_addr": "10.0.200.10:2380", "initial_peers": ["node01:2380"]}


def put(folder: Path, name: str, content: bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def test_files_are_told_by_their_content(tmp_path: Path) -> None:
    pcap = (CAPTURES / "etcd-3.4.23-leader-kill.pcap").read_bytes()
    put(tmp_path, "dump", pcap)
    put(tmp_path, "packed", gzip.compress(pcap))
    put(tmp_path, "site-b/vxlan.cap", (CAPTURES / "vxlan-linux.pcapng").read_bytes())
    put(tmp_path, "node01/journal.json", LINE)
    put(tmp_path, "node02.txt.xz", lzma.compress(LINE))
    put(tmp_path, "node03.txt.bz2", bz2.compress(LINE))
    put(tmp_path, "node01/cluster-config.json", json.dumps(CONFIG, indent=2).encode())
    put(tmp_path, "t036.yaml", (TOPOLOGIES / "t036.yaml").read_bytes())
    put(tmp_path, ".hidden", b"nothing")
    incident = open_incident(tmp_path)
    assert [one.name for one in incident.captures] == ["dump", "packed", "site-b/vxlan.cap"]
    assert [one.name for one in incident.journals] == ["node02.txt.xz", "node03.txt.bz2", "node01/journal.json"]
    assert [(one.file, one.values) for one in incident.configs] == [("node01/cluster-config.json", CONFIG)]
    assert incident.topology is not None
    assert incident.topology.name == "t036"
    assert incident.unread == []
    with incident.journals[0].open() as file:
        assert file.read() == LINE


@pytest.mark.parametrize(
    "name, content, why",
    [
        ("notes.pcap", b"It broke on Tuesday.\n", "neither of what was expected"),
        ("facts.json", b'{"temperature": 21}', "neither a journal's nor a cluster-config.json"),
        ("cut.json", b'{"temperature": ', "neither a journal's"),
        ("empty.pcap", b"", "an empty file"),
        ("system.journal", b"LPKSHHRH" + bytes(200), "journalctl --file=FILE -o json"),
        ("export.json", b"__CURSOR=s=1\n__REALTIME_TIMESTAMP=1\n\n", "expected journalctl -o json"),
        ("node01.json.zst", b"\x28\xb5\x2f\xfd\x00\x00", "unzstd"),
        ("broken.gz", b"\x1f\x8b\x08\x00broken", "can't be read"),
        ("lab.yaml", b"name: [", "expected"),
        ("lab.yml", b"machines: [", "expected"),
        ("compose.yaml", b"services:\n  etcd:\n    image: etcd\n", "YAML, but no topology"),
        ("cluster-config.json", b'{"node_id": 17}', "node_id is 17, expected a text"),
        ("caf\\xe9.pcap", b"It broke.\n", "neither of what was expected"),
        ("two\\nlines.pcap", b"It broke.\n", "neither of what was expected"),
    ],
)
def test_what_can_not_be_read_is_listed_and_the_rest_goes_on(
    tmp_path: Path, name: str, content: bytes, why: str
) -> None:
    put(tmp_path, os.fsdecode(name.encode().replace(b"\\xe9", b"\xe9").replace(b"\\n", b"\n")), content)
    put(tmp_path, "journal.json", LINE)
    incident = open_incident(tmp_path)
    assert [one.name for one in incident.journals] == ["journal.json"]
    assert {one.file for one in incident.unread} == {name}
    assert any(why in str(one) for one in incident.unread)


def test_a_second_topology_is_told(tmp_path: Path) -> None:
    put(tmp_path, "a.yaml", (TOPOLOGIES / "t036.yaml").read_bytes())
    put(tmp_path, "b.yaml", (TOPOLOGIES / "t036.yaml").read_bytes())
    assert [str(one) for one in open_incident(tmp_path).unread] == ["b.yaml: another topology; a.yaml is taken"]


def test_links_that_lead_nowhere_or_to_folders_and_pipes_are_passed_over(tmp_path: Path) -> None:
    put(tmp_path, "journal.json", LINE)
    (tmp_path / "gone.pcap").symlink_to(tmp_path / "not-there")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "there").mkdir()
    (tmp_path / "round").symlink_to(tmp_path)
    assert [str(one) for one in open_incident(tmp_path).unread] == [
        "gone.pcap: a link that leads nowhere",
        "pipe: no file, but a pipe, socket or device",
        "round: a link to a folder, which is not followed",
    ]


def test_a_journal_whose_first_line_is_spoiled_is_a_journal(tmp_path: Path) -> None:
    put(tmp_path, "node01.json", b"\0\0Hint: some lines are left out\n" + LINE)
    assert [one.name for one in open_incident(tmp_path).journals] == ["node01.json"]


@pytest.mark.parametrize("what", ["none", "empty", "file", "useless"])
def test_an_unusable_folder_says_what_was_expected(tmp_path: Path, what: str) -> None:
    folder = tmp_path / "incident"
    if what == "file":
        folder.write_bytes(LINE)
    elif what != "none":
        folder.mkdir()
    if what == "useless":
        put(folder, "notes.txt", b"It broke.\n")
    with pytest.raises(SpecError, match="captures"):
        open_incident(folder)


def as_ordinary_user(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    ordinary = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run(
        [*ordinary, sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[3],
        timeout=60,
    )


def test_what_may_not_be_read_is_listed() -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        for file in ("journal.json", "secret/journal.json", "closed.json"):
            put(folder, file, LINE)
            (folder / file).chmod(0o644)
        (folder / "secret").chmod(0)
        (folder / "closed.json").chmod(0)
        told = as_ordinary_user(ASK, folder)
        (folder / "secret").chmod(0o755)
    assert told.stdout.splitlines() == [
        "closed.json: can't be read: Permission denied",
        "secret: can't be read: Permission denied",
    ], told.stderr


def test_a_folder_behind_a_closed_one_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "incident").mkdir()
    tmp_path.chmod(0)
    told = as_ordinary_user(ASK, tmp_path / "incident")
    tmp_path.chmod(0o755)
    assert "Permission denied, expected a folder with captures" in told.stderr
