"""The reference stack when things go wrong, and when it grows: each test has containers of its own."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

import pytest

from harness.sandbox.waiting import wait_until
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.stacks.reference import ReferenceStack
from harness.units import seconds
from tests.stacks.reference.lab import MILESTONES, STATE, T036

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.topology.model import Topology
    from tests.stacks.reference.conftest import NewLab
    from tests.stacks.reference.lab import Lab
    from tests.stacks.reference.rack import Container

pytestmark = pytest.mark.kernel

JOINED = [
    "harness: booted",
    "harness: chainfire-joined",
    "harness: flaredb-joined",
    "harness: iam-initialized",
    "harness: cluster-healthy",
]


def with_node04() -> Topology:
    nic = (
        T036.machines[0]
        .nics[0]
        .model_copy(update={"mac": "52:54:00:00:01:04", "address": IPv4Address("192.168.100.14")})
    )
    node04 = T036.machines[0].model_copy(update={"name": "node04", "nics": (nic,)})
    return T036.model_copy(update={"machines": (*T036.machines, node04)})


@pytest.fixture
def lab(new_lab: NewLab, tmp_path: Path) -> Iterator[Lab]:
    with new_lab(tmp_path, None, None) as lab:
        yield lab


@pytest.fixture
def growing(new_lab: NewLab, tmp_path: Path) -> Iterator[Lab]:
    with new_lab(tmp_path, with_node04(), None) as lab:
        yield lab


@pytest.fixture
def hasty(new_lab: NewLab, tmp_path: Path) -> Iterator[Lab]:
    """Machines that wait for a second only."""
    with new_lab(tmp_path, with_node04(), ReferenceStack(wait=1 * seconds)) as lab:
        yield lab


def test_one_machine_may_lose_its_power_and_two_may_not(lab: Lab) -> None:
    lab.bootstrap()
    cluster = lab.cluster
    old = cluster.leader()
    lab[old.name].cut()
    new = cluster.wait_for_leader(outside=[old], within=10 * seconds)
    cluster.flaredb.wait_for_leader(outside=[old], within=10 * seconds)
    cluster.put("while", "one is away", via=new)
    health = cluster.healthy()
    assert health.has_quorum
    assert {check.machine for check in health.failing} == {old.name}
    with pytest.raises(Unavailable, match="refused"):
        cluster.put("key", "value", via=old)

    lab[new.name].cut()
    last = next(name for name in cluster.machines if name not in {old.name, new.name})
    until_it_knows_that_it_is_alone(lab, last)
    with pytest.raises(Unavailable, match="no leader"):
        cluster.put("key", "from the minority", via=last)
    with pytest.raises(Unavailable, match="no leader"):
        cluster.get("while", via=last)
    with pytest.raises(Unavailable, match="no leader is known"):
        cluster.leader()
    assert cluster.get("while", via=last, stale=True) == "one is away"
    assert not cluster.healthy(among=[last]).has_quorum
    with pytest.raises(Unavailable):
        cluster.iam.issue(via=last)

    lab.boot(old.name, new.name)
    cluster.wait_until_healthy(within=30 * seconds)
    assert [cluster.get("while", via=name) for name in cluster.machines] == ["one is away"] * 3
    assert cluster.get("key") is None


def until_it_knows_that_it_is_alone(lab: Lab, last: str) -> None:
    """Swap what isn't there until that is refused: before, nobody knows what becomes of a write."""

    def refused() -> bool:
        try:
            lab.cluster.compare_and_swap("key", "never", "value", via=last, within=1 * seconds)
        except MaybeHappened:
            return False
        except Unavailable:
            return True
        raise AssertionError("a minority answered")

    wait_until("writes to be refused", refused, within=15 * seconds)


def test_a_fourth_machine_joins_and_is_taken_out_again(growing: Lab) -> None:
    growing.bootstrap()
    cluster = growing.cluster
    cluster.put("before", "it came")
    growing.install("node04")
    growing.boot("node04")
    assert growing["node04"].milestones == JOINED
    for store in (cluster, cluster.flaredb):
        assert store.members(via="node02").names == ("node01", "node02", "node03", "node04")
    assert cluster.get("before", via="node04", stale=True) == "it came"
    cluster.iam.verify(cluster.iam.issue(via="node01"), via="node04")
    assert cluster.wait_until_healthy(within=5 * seconds).complete

    before = list(cluster.members(via="node01"))
    growing["node04"].shut_down()
    growing.boot("node04")
    assert growing["node04"].milestones == [MILESTONES[0], MILESTONES[-1]]
    assert list(cluster.members(via="node01")) == before

    growing["node04"].shut_down()
    growing.reinstall("node04")
    growing.boot("node04", until="harness: failed: chainfire-cluster-join")
    assert "remove that member from the cluster first" in growing["node04"].milestones[-1]
    cluster.remove("node04", via="node01")
    cluster.flaredb.remove("node04", via="node01")
    assert cluster.members(via="node01").names == ("node01", "node02", "node03")
    growing["node04"].shut_down()
    growing.boot("node04")
    assert cluster.members(via="node01").names == ("node01", "node02", "node03", "node04")
    assert [member.id for member in cluster.members(via="node01")] != [member.id for member in before]


def test_raft_speaks_tls_where_the_topology_says_so(new_lab: NewLab, tmp_path: Path) -> None:
    assert T036.stack is not None
    raft = T036.stack.raft.model_copy(update={"peer_tls": True})
    topology = T036.model_copy(update={"stack": T036.stack.model_copy(update={"raft": raft})})
    with new_lab(tmp_path, topology, None) as lab:
        lab.bootstrap()
        urls = [url for member in lab.cluster.members() for url in member.peer_urls]
        assert sorted(urls) == ["https://node01:2380", "https://node02:2380", "https://node03:2380"]
        listening = lab["node01"].run("openssl", "s_client", "-connect", "node02:2380", "-brief")
        assert "CN = node02.plasma.local" in listening.stderr


def test_a_bootstrap_that_lacks_its_peers_says_whom_it_lacks(hasty: Lab) -> None:
    hasty.install("node01")
    hasty.boot("node01", until="harness: failed: chainfire-cluster-join")
    why = hasty["node01"].milestones[-1]
    assert "for chainfire to be healthy: https://127.0.0.1:2379" in why
    assert re.search("; node02:2380: (No route to host|timed out); node03:2380: (No route to host|timed out)$", why)
    assert "node01:2380" not in why
    assert not hasty["node01"].path(f"{STATE}/.chainfire-initialized").exists()
    until_failed(hasty["node01"], "chainfire-cluster-join.service")


def test_a_join_without_anyone_to_ask_says_so(hasty: Lab) -> None:
    hasty.install("node04")
    hasty.boot("node04", until="harness: failed: chainfire-cluster-join")
    why = hasty["node04"].milestones[-1]
    assert re.search("to add this machine: https://node01.plasma.local:2379: (No route to host|timed out)$", why)


@pytest.mark.parametrize(
    "file, content, mode, why",
    [
        ("cluster-config.json", "{", 0o600, "cluster-config.json: expected a JSON file"),
        ("cluster-config.json", '{"bootstrap": "yes"}', 0o600, "bootstrap: expected true or false, found 'yes'"),
        ("node01.key", None, 0o644, "node01.key: expected mode 0600"),
        ("node01.key", "no key", 0o600, "node01.key: expected the private key of"),
        ("ca.crt", "no certificate", 0o644, "ca.crt: expected a certificate"),
    ],
)
def test_unusable_secrets_stop_the_first_boot_at_once(
    hasty: Lab, file: str, content: str | None, mode: int, why: str
) -> None:
    hasty.install("node01")
    path = hasty["node01"].path(f"/etc/nixos/secrets/{file}")
    if content is not None:
        path.write_text(content)
    path.chmod(mode)
    hasty.boot("node01", until="harness: failed: first-boot-automation")
    assert why in hasty["node01"].milestones[-1]
    until_failed(hasty["node01"], "first-boot-automation.service")
    assert not hasty["node01"].path(f"{STATE}/chainfire.env").exists()


def until_failed(container: Container, unit: str) -> None:
    """Wait until systemd says of this unit, and of no other, that it failed; the console is told a moment before."""

    def failed() -> list[str]:
        listed = container.run("systemctl", "list-units", "--failed", "--plain", "--no-legend").stdout
        return [line.split()[0] for line in listed.splitlines()]

    wait_until(f"{unit} to have failed", lambda: failed() == [unit], within=5 * seconds, show=failed)
