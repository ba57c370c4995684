"""Three real members on a real network: what the wire says is what they log."""

from __future__ import annotations

import json
import shutil
import socket
import urllib.request
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv4Interface
from typing import TYPE_CHECKING, Any

import pytest

from harness.capture.events import (
    RaftAppendResponse,
    RaftMessage,
    RaftSnapshot,
    RaftSnapshotSent,
    RaftVote,
    TcpGap,
)
from harness.capture.timeline import Timeline, read
from harness.machines.namespace import NamespaceMachine, switch_off, switch_on
from harness.network.ports import Access
from harness.network.switched import SwitchNetwork
from harness.network.wiring import Card
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.model import MachineSpec, NicSpec
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.capture.leaders import Leader

pytestmark = [pytest.mark.kernel, pytest.mark.skipif(shutil.which("etcd") is None, reason="etcd is not installed")]

NAMES = ("node01", "node02", "node03")
CATCH_UP = 5000
"""Entries that a leader of etcd 3.4 keeps for slow followers before it sends them a snapshot; it is no option there."""
WRITERS, SNAPSHOT_COUNT = 40, 200
WRITES_EACH = (CATCH_UP + 2 * SNAPSHOT_COUNT) // WRITERS
UNCUT = ["ip", "link", "set", "eth0", "gso_max_size", "8000", "gso_max_segs", "5"]
CLOSE = 250 * 10**6
"""Nanoseconds between a member's log line and the frame that it is about, at most; elections are farther apart."""


def address(name: str) -> str:
    return f"10.0.10.{name[-1]}"


@dataclass(frozen=True)
class Line:
    """A line of a member's log: when it was written, in nanoseconds since 1970, and what it says."""

    time: int
    text: str


class Cluster:
    """etcd on namespace machines, asked through its JSON gateway from within the machine itself."""

    def __init__(self, folder: Path, network: SwitchNetwork) -> None:
        self.folder = folder
        self.network = network
        self.machines = {name: _machine(name, network) for name in NAMES}

    def start(self) -> None:
        switch_on(self.machines.values())
        for name, machine in self.machines.items():
            # Of frames that a card would still have to cut up, the capture keeps only the front.
            assert machine.run(UNCUT, within=5 * seconds).status == 0
            self.boot(name)

    def boot(self, name: str) -> None:
        own = address(name)
        options = {
            "name": name,
            "data-dir": self.folder / name,
            "listen-peer-urls": f"http://{own}:2380",
            "initial-advertise-peer-urls": f"http://{own}:2380",
            "listen-client-urls": f"http://{own}:2379",
            "advertise-client-urls": f"http://{own}:2379",
            "initial-cluster": ",".join(f"{one}=http://{address(one)}:2380" for one in NAMES),
            "heartbeat-interval": 50,
            "election-timeout": 1000,
            "snapshot-count": SNAPSHOT_COUNT,
            "logger": "zap",
            # With it, a member that was away is waited for, for five seconds.
            "strict-reconfig-check": "false",
        }
        words = [f"--{option}={value}" for option, value in options.items()]
        with self._log(name).open("ab") as log:
            self.machines[name].start(["etcd", *words], stdout=log, stderr=log, cwd=self.folder)

    def ask(self, name: str, path: str, **body: object) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(f"http://{address(name)}:2379/v3/{path}", json.dumps(body).encode())
        with self.machines[name].namespace.run(lambda: urllib.request.urlopen(request, timeout=5)) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def leader(self, *names: str) -> str | None:
        """Return the member that all of these follow, None while there is none."""
        try:
            statuses = [self.ask(name, "maintenance/status") for name in names]
        except OSError:
            return None
        ids = {status["header"]["member_id"]: name for status, name in zip(statuses, names, strict=True)}
        said = {status.get("leader") for status in statuses}
        return ids.get(said.pop()) if len(said) == 1 else None

    def write(self, name: str) -> None:
        """Write a snapshot's worth of entries, over many connections with all of their requests in one go."""
        body = json.dumps({"key": b64encode(b"key").decode(), "value": b64encode(bytes(20)).decode()}).encode()
        line = f"POST /v3/kv/put HTTP/1.1\r\nHost: {address(name)}\r\n"
        head = f"{line}Content-Length: {len(body)}\r\n\r\n".encode()
        last = f"{line}Connection: close\r\nContent-Length: {len(body)}\r\n\r\n".encode()

        def one(_: int) -> int:
            with self.machines[name].namespace.run(
                lambda: socket.create_connection((address(name), 2379), timeout=20)
            ) as connection:
                connection.sendall((head + body) * (WRITES_EACH - 1) + last + body)
                return b"".join(iter(lambda: connection.recv(1 << 16), b"")).count(b"HTTP/1.1 200 OK")

        with ThreadPoolExecutor(WRITERS) as pool:
            assert sum(pool.map(one, range(WRITERS))) == WRITERS * WRITES_EACH

    def applied(self, name: str) -> int:
        """Return up to where a member has come, 0 while it does not answer."""
        try:
            return int(self.ask(name, "maintenance/status")["raftAppliedIndex"])
        except OSError:
            return 0

    def lines(self, name: str, text: str) -> list[Line]:
        """Return the lines of a member's log that contain a text."""
        found = []
        for line in self._log(name).read_text(encoding="utf-8").splitlines():
            said = json.loads(line) if line.startswith("{") else {"msg": ""}
            if text in said["msg"]:
                time = datetime.strptime(said["ts"], "%Y-%m-%dT%H:%M:%S.%f%z").astimezone(UTC)
                found.append(Line(round(time.timestamp() * 1000) * 10**6, said["msg"]))
        return found

    def _log(self, name: str) -> Path:
        return self.folder / f"{name}.log"


def _machine(name: str, network: SwitchNetwork) -> NamespaceMachine:
    mac = f"52:54:00:00:00:0{name[-1]}"
    interface = IPv4Interface(f"{address(name)}/24")
    nic = NicSpec(name="eth0", mac=mac, vlan="a", address=IPv4Address(address(name)))
    card = Card("eth0", mac, Access(10), {10: [interface]})
    return NamespaceMachine(MachineSpec(name=name, nics=(nic,)), [card], network=network)


@dataclass(frozen=True)
class Story:
    """What was done to a cluster, and what was seen of it."""

    wire: Timeline
    cluster: Cluster
    first: str
    second: str
    slow: str
    cut: int
    added: int


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    """A follower is cut off until the leader has forgotten its place; a member comes and goes; the leader is killed."""
    folder = tmp_path_factory.mktemp("etcd")
    with ExitStack() as undo:
        network = SwitchNetwork(folder, undo.enter_context(NetworkNamespace.create()))
        network.start()
        undo.callback(network.stop)
        cluster = Cluster(folder, network)
        undo.callback(lambda: switch_off(cluster.machines.values()))
        cluster.start()
        first = wait_until("a leader", lambda: cluster.leader(*NAMES), within=20 * seconds)
        slow = next(name for name in NAMES if name != first)
        behind = cluster.applied(slow)
        link = network.links[f"{slow}/eth0"]
        link.cut(carrier=False)
        # What waits in the connections to it dies with it, so that its leader has to look for its place anew.
        cluster.machines[slow].kill("etcd")
        cluster.write(first)
        link.restore()
        cluster.boot(slow)
        wait_until(
            f"{slow} to catch up",
            lambda: cluster.applied(slow) > behind + CATCH_UP or None,
            within=20 * seconds,
            interval=100 * milliseconds,
        )
        # The one that was cut off may have come back with a higher term, so that another election was held.
        first = wait_until("one leader", lambda: cluster.leader(*NAMES), within=20 * seconds)
        followers = [name for name in NAMES if name != first]
        member = cluster.ask(first, "cluster/member/add", peerURLs=["http://10.0.10.9:2380"], isLearner=True)
        added = int(member["member"]["ID"])
        cluster.ask(first, "cluster/member/remove", ID=str(added))
        cluster.machines[first].kill("etcd")
        second = wait_until("another leader", lambda: cluster.leader(*followers), within=20 * seconds)
        network.flush()
        yield Story(read(network.capture), cluster, first, second, slow, behind, added)


def test_terms_and_times_of_leaders_are_those_of_the_logs(story: Story) -> None:
    logged = {
        (int(line.text.split()[0], 16), int(line.text.split()[-1])): line.time
        for name in NAMES
        for line in story.cluster.lines(name, "became leader at term")
    }
    seen: list[Leader] = list(story.wire.raft.leaders())
    assert {(leader.member, leader.term) for leader in seen} == set(logged)
    assert {term: len(members) for term, members in story.wire.raft.leaders_per_term().items()} == {
        term: 1 for _, term in logged
    }
    late = {str(leader): leader.time - logged[leader.member, leader.term] for leader in seen}
    assert all(abs(nanoseconds) < CLOSE for nanoseconds in late.values()), late


def test_times_of_the_candidacies_that_were_won_are_those_of_the_logs(story: Story) -> None:
    for leader in story.wire.raft.leaders():
        vote = story.wire.of(RaftVote, sender=leader.member, term=leader.term)[0]
        said = f"{leader.member:x} became candidate at term {leader.term}"
        (line,) = [line for name in NAMES for line in story.cluster.lines(name, said)]
        assert abs(vote.time - line.time) < CLOSE


def test_a_follower_that_was_cut_off_gets_a_snapshot(story: Story) -> None:
    snapshot = story.wire.of(RaftSnapshot)[0]
    assert snapshot.dst == address(story.slow)
    assert snapshot.index > story.cut
    assert len(snapshot.voters) == len(NAMES)
    sent = story.wire.of(RaftSnapshotSent)[0]
    assert (sent.index, sent.term, sent.whole) == (snapshot.index, snapshot.term, True)
    assert sent.octets > 1 << 14, "a database"
    (saved,) = story.cluster.lines(story.slow, "received and saved database snapshot")[:1]
    assert abs(sent.time - saved.time) < CLOSE
    caught_up = story.wire.after(sent.time).of(RaftAppendResponse, sender=snapshot.receiver, reject=False)
    assert caught_up[0].index >= snapshot.index


def test_a_member_that_comes_and_goes_is_seen_as_changes(story: Story) -> None:
    changes = {(one.change, one.member, one.peer_urls) for one in story.wire.raft.membership_changes()}
    assert changes == {
        ("ConfChangeAddLearnerNode", story.added, ("http://10.0.10.9:2380",)),
        ("ConfChangeRemoveNode", story.added, ()),
    }


def test_nothing_is_undecodable_where_nothing_was_cut(story: Story) -> None:
    # On the link that was cut, what was sent meanwhile never passed, and is told as a gap.
    whole = story.wire.on(*(f"{name}/eth0" for name in NAMES if name != story.slow))
    assert whole.undecodable == []
    assert whole.of(TcpGap) == []
    assert len({event.cluster for event in story.wire.of(RaftMessage)}) == 1
    assert not story.wire.raft.encrypted()
