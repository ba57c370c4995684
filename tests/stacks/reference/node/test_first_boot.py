from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from harness.provisioning.certificates import Authority
from harness.stacks.reference.node.first_boot import STEPS, Paths, main

if TYPE_CHECKING:
    from pathlib import Path

PEERS = ["node01:2380", "node02:2380", "node03:2380"]


@pytest.fixture
def paths(tmp_path: Path) -> Paths:
    paths = Paths.below(tmp_path)
    paths.secrets.mkdir(parents=True)
    paths.settings.parent.mkdir(parents=True)
    settings = {"peer_scheme": "http", "chainfire_port": 1, "flaredb_port": 1, "iam_port": 1, "wait": 0}
    paths.settings.write_text(json.dumps(settings))
    return paths


def tell(paths: Paths, node: str, *, bootstrap: bool) -> None:
    authority = Authority.create("ca")
    certificate = authority.issue([node], [])
    (paths.secrets / "ca.crt").write_bytes(authority.ca_pem)
    (paths.secrets / f"{node}.crt").write_bytes(certificate.cert_pem)
    (paths.secrets / f"{node}.key").write_bytes(certificate.key_pem)
    (paths.secrets / f"{node}.key").chmod(0o600)
    config = {
        "node_id": node,
        "bootstrap": bootstrap,
        "leader_url": "https://127.0.0.1:1",
        "raft_addr": "127.0.0.1:2380",
        "initial_peers": PEERS,
        "flaredb_peers": [peer.replace("2380", "2480") for peer in PEERS],
    }
    (paths.secrets / "cluster-config.json").write_text(json.dumps(config))


def run(step: str, paths: Paths) -> int:
    return main([step, str(paths.secrets.parents[2])])


def test_a_bootstrap_machine_learns_how_both_clusters_form_and_only_once(paths: Paths) -> None:
    tell(paths, "node01", bootstrap=True)
    assert run("first-boot-automation", paths) == 0
    written = {path.name: (path.read_text(), path.stat().st_mtime_ns) for path in paths.state.iterdir()}
    assert sorted(written) == ["chainfire.env", "flaredb.env"]
    assert "ETCD_INITIAL_CLUSTER_STATE=new\n" in written["flaredb.env"][0]
    assert run("first-boot-automation", paths) == 0
    again = {path.name: (path.read_text(), path.stat().st_mtime_ns) for path in paths.state.iterdir()}
    assert again == written


def test_a_machine_that_joins_starts_nothing_yet(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    tell(paths, "node04", bootstrap=False)
    assert run("first-boot-automation", paths) == 0
    assert not paths.state.exists()
    assert capsys.readouterr().out == "bootstrap=false: joining through 127.0.0.1:1\n"


def test_a_failure_is_one_line_for_the_console(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("first-boot-automation", paths) == 1
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(f"harness: failed: first-boot-automation: {paths.secrets}/cluster-config.json")


@pytest.mark.parametrize("step", ["chainfire-cluster-join", "iam-initial-setup", "cluster-health-check"])
def test_a_service_that_is_not_there_is_named(paths: Paths, capsys: pytest.CaptureFixture[str], step: str) -> None:
    tell(paths, "node01", bootstrap=True)
    assert run(step, paths) == 1
    assert f"harness: failed: {step}: waited 0 s for " in capsys.readouterr().out
    assert not paths.state.exists()


def test_a_missing_certificate_is_named(paths: Paths, capsys: pytest.CaptureFixture[str]) -> None:
    tell(paths, "node01", bootstrap=True)
    (paths.secrets / "node01.crt").unlink()
    assert run("first-boot-automation", paths) == 1
    assert "node01.crt: No such file" in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["first-boot-automation", "/", "x"]])
def test_a_call_that_is_none_is_answered_with_the_steps(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    usage = capsys.readouterr().out
    assert all(step in usage for step in STEPS)
