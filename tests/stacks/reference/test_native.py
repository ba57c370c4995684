from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from harness.sandbox.netns import NetworkNamespace
from harness.stacks.protocol import Native, Unavailable
from harness.stacks.reference import ReferenceStack, native
from harness.topology.loader import load
from harness.units import seconds

TOPOLOGIES = Path(__file__).parents[3] / "scenarios/topologies"
PHOTONCLOUD = load(TOPOLOGIES / "photoncloud.yaml")
STACK = ReferenceStack()
SECRETS = STACK.secrets(PHOTONCLOUD)


def test_it_runs_on_machines_that_share_the_hosts_programs() -> None:
    assert isinstance(STACK, Native)


def test_a_founder_runs_every_service_on_files_of_its_own(tmp_path: Path) -> None:
    services = {one.name: one for one in STACK.prepare(PHOTONCLOUD, "node01", SECRETS, tmp_path)}
    assert list(services) == ["chainfire-gossip", "chainfire", "flaredb", "iam", "iam-initial-setup"]
    etcd = services["chainfire"].environment
    assert etcd["ETCD_DATA_DIR"] == f"{tmp_path}/var/lib/chainfire"
    assert Path(etcd["ETCD_CERT_FILE"]).read_bytes() == SECRETS.certificates["node01"].cert_pem
    assert Path(etcd["ETCD_KEY_FILE"]).stat().st_mode & 0o777 == 0o600
    assert etcd["ETCD_INITIAL_CLUSTER_STATE"] == "new"
    urls = [f"node0{n}=http://10.0.200.{n + 9}:2380" for n in (1, 2, 3)]
    assert etcd["ETCD_INITIAL_CLUSTER"] == ",".join(urls)
    assert services["flaredb"].environment["ETCD_INITIAL_ADVERTISE_PEER_URLS"] == "http://10.0.200.10:2480"
    assert services["iam"].command == (sys.executable, f"{tmp_path}/usr/lib/harness-stack/iam", str(tmp_path))


def test_members_know_each_other_by_address_since_nothing_resolves_their_names(tmp_path: Path) -> None:
    STACK.prepare(PHOTONCLOUD, "node02", SECRETS, tmp_path)
    gossip = json.loads((tmp_path / "etc/harness-stack/gossip.json").read_text())
    assert gossip["retry_join"] == ["10.0.200.10:2381", "10.0.200.12:2381"]


def test_one_machine_makes_the_administrator_and_who_has_no_vote_only_gossips(tmp_path: Path) -> None:
    founder = STACK.prepare(PHOTONCLOUD, "node03", SECRETS, tmp_path / "3")
    assert "iam-initial-setup" not in {one.name for one in founder}
    assert [one.name for one in STACK.prepare(PHOTONCLOUD, "node09", SECRETS, tmp_path / "9")] == ["chainfire-gossip"]


@pytest.mark.kernel
def test_who_joins_asks_the_cluster_and_says_why_that_failed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(native, "ADDED_WITHIN", 0 * seconds)
    assert PHOTONCLOUD.stack is not None
    others = PHOTONCLOUD.stack.model_copy(update={"bootstrap": ("node02", "node03")})
    topology = PHOTONCLOUD.model_copy(update={"stack": others})
    with NetworkNamespace.create() as nowhere, pytest.raises(Unavailable, match=r"chainfire does not take node01: "):
        nowhere.run(lambda: STACK.prepare(topology, "node01", SECRETS, tmp_path))
