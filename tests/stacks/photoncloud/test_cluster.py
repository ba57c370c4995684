"""The adapter over a real etcd of three members, in a lab of namespace machines, in a pytest of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.sandbox.waiting import NotSeen
from harness.stacks.photoncloud.cluster import PhotonCloudCluster
from harness.stacks.photoncloud.stack import PhotonCloudStack
from harness.topology.loader import load
from harness.units import seconds

ROOT = Path(__file__).parents[3]
TOPOLOGY = ROOT / "scenarios/topologies/t036.yaml"
NODE04 = """\
  - name: node04
    role: control-plane
    memory: 1 GiB
    disk: 100 GiB
    nics:
      - {name: eth0, mac: "52:54:00:00:01:04", vlan: cluster, address: 192.168.100.14}

stack:
"""

SCENARIO = """
import pytest

from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

pytestmark = pytest.mark.lab("t036", machines="any", start="cluster")

FOUNDERS = ["node01", "node02", "node03"]


def test_three_members_one_leader_and_every_endpoint_healthy(lab):
    for cluster in (lab.cluster, lab.cluster.flaredb):
        views = [cluster.members(via=name) for name in FOUNDERS]
        assert [sorted(view.names) for view in views] == [FOUNDERS] * 3
        assert len({view.leader for view in views}) == 1
        assert cluster.leader(via="node02").name == views[0].leader
        assert all(view.term == views[0].term > 0 for view in views)
    health = lab.cluster.healthy(among=FOUNDERS)
    assert health.complete
    assert {check.url.partition("1:")[2] for check in health.checks if check.machine == "node01"} == {
        "2379/health", "2479/health", "8080/health"
    }


def test_what_is_written_on_one_machine_is_read_on_the_others(lab):
    first = lab.cluster.put("test-key", "hello-cluster", via="node01")
    assert [lab.cluster.get("test-key", via=name) for name in FOUNDERS] == ["hello-cluster"] * 3
    second = lab.cluster.put("größe/ä b", "größer\\n", via="node02")
    assert second.number == first.number + 1 and second.term == first.term
    assert lab.cluster.get("größe/ä b", via="node03") == "größer\\n"
    assert lab.cluster.get("never written") is None


def test_a_leader_that_is_lost_is_replaced(lab):
    old = lab.cluster.leader()
    lab.machines[old.name].cut()
    try:
        assert lab.cluster.wait_for_leader(outside=[old], within=10 * seconds) != old
        lab.cluster.flaredb.wait_for_leader(outside=[old], within=10 * seconds)
        lab.cluster.put("after", "the loss")
        with pytest.raises(Unavailable):
            lab.cluster.put("x", "y", via=old, within=1 * seconds)
    finally:
        lab.machines[old.name].on()
    lab.cluster.wait_until_healthy(within=20 * seconds, among=FOUNDERS)


def test_without_a_quorum_nothing_is_acknowledged(lab):
    lab.cluster.put("quorum", "before")
    for name in ("node02", "node03"):
        lab.machines[name].pause()
    try:
        with pytest.raises(MaybeHappened):
            lab.cluster.put("quorum", "lost", via="node01", within=3 * seconds)
        with pytest.raises(Unavailable):
            lab.cluster.get("quorum", via="node01", within=3 * seconds)
        with pytest.raises(Unavailable, match="timed out"):  # paused: there is no handshake, so nothing was sent
            lab.cluster.put("quorum", "lost", via="node02", within=1 * seconds)
        assert not lab.cluster.healthy(among=["node01"]).has_quorum
    finally:
        for name in ("node02", "node03"):
            lab.machines[name].resume()
    lab.cluster.wait_until_healthy(within=20 * seconds, among=FOUNDERS)
    assert lab.cluster.get("quorum") in ("before", "lost")


def test_a_member_is_added_once_as_documented(lab):
    lab.cluster.wait_for_leader(within=10 * seconds)
    lab.install("node04")
    assert len(lab.cluster.members()) == 4
    assert ("node04", ("192.168.100.14:2380",)) in [(one.name, one.peer_urls) for one in lab.cluster.members()]
    lab.switch_on("node04")
    lab.cluster.wait_until_healthy(within=20 * seconds)
    lab.cluster.put("four", "members", via="node04")
    for cluster in (lab.cluster, lab.cluster.flaredb):
        with pytest.raises(Unavailable, match="status 409: .*node04 is a member"):
            cluster.add_member("node04", "192.168.100.14:2380")
"""


@pytest.mark.kernel
def test_it_asks_a_real_cluster_by_the_documents_messages(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))  # where the entry point's module is
    text = TOPOLOGY.read_text().replace("kind: reference", "kind: photoncloud-over-etcd")
    pytester.mkdir("topologies").joinpath("t036.yaml").write_text(
        text.replace("stack:\n", NODE04, 1) + "  even_voters: true\n"
    )
    pytester.mkdir("over_etcd-1.dist-info").joinpath("entry_points.txt").write_text(
        "[harness.stacks]\nphotoncloud-over-etcd = tests.stacks.photoncloud.over_etcd:OverEtcd\n"
    )
    pytester.makepyfile(SCENARIO)
    pytester.runpytest_subprocess("--lab-machines=namespace", "-ra").assert_outcomes(passed=5)


def test_a_machine_that_is_not_in_the_cluster_is_a_key_error() -> None:
    topology = load(TOPOLOGY)
    stack = PhotonCloudStack()
    cluster = PhotonCloudCluster(topology, stack.secrets(topology))
    with pytest.raises(KeyError):
        cluster.put("key", "value", via="node99")
    with pytest.raises(KeyError):
        cluster.healthy(among=["node99"])
    with pytest.raises(NotSeen, match="every health endpoint to answer 200"):
        cluster.wait_until_healthy(within=0 * seconds, among=[])
