"""The reference stack as it runs after its first boot: its own units, under systemd, on three containers."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest

from harness.sandbox.waiting import wait_until
from harness.stacks.powers import CompareAndSwap, Shrinkable
from harness.stacks.protocol import Cluster, Unavailable
from harness.stacks.reference.iam import Unauthorized
from harness.units import milliseconds, seconds
from tests.stacks.reference.lab import FIRST_BOOT, MILESTONES, STATE, T036

if TYPE_CHECKING:
    from tests.stacks.reference.lab import Lab
    from tests.stacks.reference.rack import Container

pytestmark = pytest.mark.kernel

PASSWORD = "/etc/nixos/secrets/iam-admin-password"
MARKERS = (".chainfire-initialized", ".flaredb-initialized", ".iam-initialized")


def test_each_machine_tells_its_steps_in_the_documented_order(formed: Lab) -> None:
    for name in formed.cluster.machines:
        assert formed[name].milestones == MILESTONES


def test_both_clusters_have_three_members_and_one_leader(formed: Lab) -> None:
    for cluster in (formed.cluster, formed.cluster.flaredb):
        views = [cluster.members(via=name) for name in cluster.machines]
        assert [view.names for view in views] == [("node01", "node02", "node03")] * 3
        assert len({view.leader for view in views}) == 1
        assert cluster.wait_for_leader(within=10 * seconds).name == views[0].leader


def test_another_member_leads_where_it_is_chosen(formed: Lab) -> None:
    leader = formed.cluster.leader().name
    other = next(machine.name for machine in T036.machines if machine.name != leader)
    formed.cluster.lead({"chainfire": other, "unheard-of": leader})
    wait_until("the chosen one to lead", lambda: formed.cluster.leader().name == other, within=10 * seconds)


def test_every_documented_health_endpoint_answers_200(formed: Lab) -> None:
    health = formed.cluster.wait_until_healthy(within=1 * seconds)
    assert {check.url for check in health.checks} == {
        f"https://192.168.100.1{number}:{port}/health" for number in (1, 2, 3) for port in (2379, 2479, 8080)
    }
    assert all("true" in check.seen or "healthy" in check.seen for check in health.checks)


def test_what_is_written_on_one_machine_is_read_on_the_others(formed: Lab) -> None:
    for cluster in (formed.cluster, formed.cluster.flaredb):
        first = cluster.put("test-key", "hello-cluster", via="node01")
        assert [cluster.get("test-key", via=name) for name in ("node02", "node03")] == ["hello-cluster"] * 2
        assert cluster.put("test-key", "größer \0", via="node02").number == first.number + 1
        assert cluster.get("test-key") == "größer \0"
    assert formed.cluster.get("never written") is None


def test_the_two_stores_are_two(formed: Lab) -> None:
    formed.cluster.put("only-here", "x")
    assert formed.cluster.flaredb.get("only-here") is None


def test_a_swap_holds_what_it_compares(formed: Lab) -> None:
    cluster = formed.cluster
    assert cluster.compare_and_swap("swapped", "a", "b") is None
    assert cluster.compare_and_swap("swapped", None, "a", via="node01") is not None
    assert cluster.compare_and_swap("swapped", None, "b", via="node02") is None
    assert cluster.compare_and_swap("swapped", "a", "b", via="node03") is not None
    assert cluster.get("swapped") == "b"


def test_it_keeps_the_protocols_that_it_claims(formed: Lab) -> None:
    cluster: Cluster = formed.cluster
    swapping: CompareAndSwap = formed.cluster
    shrinking: Shrinkable = formed.cluster
    assert all((isinstance(cluster, Cluster), isinstance(swapping, CompareAndSwap), isinstance(shrinking, Shrinkable)))


def test_a_machine_that_is_not_in_the_cluster_is_no_machine_to_ask(formed: Lab) -> None:
    with pytest.raises(KeyError, match="node09"):
        formed.cluster.get("key", via="node09")
    with pytest.raises(KeyError, match="node09"):
        formed.cluster.healthy(among=["node09"])
    with pytest.raises(KeyError, match="node09"):
        formed.cluster.remove("node09")


def test_gossip_sees_everyone_alive(formed: Lab) -> None:
    lines = formed["node02"].run("serf", "members", "-status=alive").stdout.splitlines()
    assert sorted(line.split()[1] for line in lines) == [f"192.168.100.1{number}:2381" for number in (1, 2, 3)]


def test_a_token_issued_on_one_machine_is_honoured_and_revoked_on_all(formed: Lab) -> None:
    iam = formed.cluster.iam
    token = iam.issue(via="node01", lifetime=60 * seconds)
    assert iam.verify(token, via="node02") == iam.verify(token.secret, via="node03") == token
    iam.revoke(token, via="node03")
    for name in formed.cluster.machines:
        with pytest.raises(Unauthorized, match="revoked"):
            iam.verify(token, via=name)
    iam.revoke(token, via="node01")


def test_a_token_dies_with_its_lease(formed: Lab) -> None:
    iam = formed.cluster.iam
    token = iam.issue(lifetime=1 * seconds)

    def refused() -> bool:
        try:
            iam.verify(token)
        except Unauthorized:
            return True
        return False

    # etcd rounds a lease up to its shortest, one and a half election timeouts.
    wait_until("the token to expire", refused, within=10 * seconds, interval=200 * milliseconds)


@pytest.mark.parametrize("principal, password", [("admin", "wrong"), ("nobody", "wrong")])
def test_wrong_credentials_are_refused(formed: Lab, principal: str, password: str) -> None:
    with pytest.raises(Unauthorized, match="no principal of that name has that password"):
        formed.cluster.iam.issue(principal, password)


def test_an_unusable_request_is_refused_with_its_reason(formed: Lab) -> None:
    with pytest.raises(ValueError, match=r"status 400.*lifetime: expected 1 to"):
        formed.cluster.iam.issue(lifetime=0 * seconds)


def test_flaredb_holds_no_secret_in_the_clear(formed: Lab) -> None:
    token = formed.cluster.iam.issue()
    digest = hashlib.sha256(token.secret.encode()).hexdigest()
    record = formed.cluster.flaredb.get(f"iam/tokens/{digest}")
    assert record is not None
    assert token.secret not in record
    admin = formed.cluster.flaredb.get("iam/principals/admin")
    assert admin is not None
    assert formed.secrets.passwords["iam-admin-password"] not in admin
    for name in formed.cluster.machines:
        assert token.secret not in formed[name].run("journalctl", "--no-pager", "--boot").stdout


def test_only_its_owner_reads_a_machines_secrets(formed: Lab) -> None:
    folder = formed["node01"].path("/etc/nixos/secrets")
    assert folder.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes.pop("ca.crt") == modes.pop("node01.crt") == 0o644
    assert modes == dict.fromkeys(["cluster-config.json", "iam-admin-password", "node01.key"], 0o600)


def test_no_client_gets_in_without_trusting_the_authority(formed: Lab) -> None:
    stranger = formed.stack.cluster(T036, formed.stack.secrets(T036))
    with pytest.raises(Unavailable, match=r"self-signed certificate|unable to get local issuer|signature"):
        stranger.members(via="node01")
    assert not stranger.healthy().has_quorum


@pytest.mark.parametrize("step", ["chainfire-cluster-join", "flaredb-cluster-join", "iam-initial-setup"])
def test_a_step_that_is_done_is_not_done_again(formed: Lab, step: str) -> None:
    before = markers(formed["node01"])
    done = formed["node01"].run(FIRST_BOOT, step)
    assert done.returncode == 0
    assert "nothing to do" in done.stdout
    assert markers(formed["node01"]) == before


def test_the_health_check_may_be_run_at_any_time(formed: Lab) -> None:
    assert formed["node01"].run(FIRST_BOOT, "cluster-health-check").stdout == "harness: cluster-healthy\n"


def test_an_administrator_with_two_passwords_is_found(formed: Lab) -> None:
    machine = formed["node02"]
    marker, password = (machine.path(path) for path in (f"{STATE}/.iam-initialized", PASSWORD))
    right = password.read_text()
    marker.unlink()
    password.write_text("another\n")
    done = machine.run(FIRST_BOOT, "iam-initial-setup")
    assert done.returncode == 1
    assert "harness: failed: iam-initial-setup: admin exists with another password" in done.stdout
    password.write_text(right)
    assert machine.run(FIRST_BOOT, "iam-initial-setup").stdout == "harness: iam-initialized\n"
    assert marker.exists()


def test_no_unit_has_failed(formed: Lab) -> None:
    for name in formed.cluster.machines:
        assert formed[name].run("systemctl", "list-units", "--failed", "--plain", "--no-legend").stdout == ""


def markers(container: Container) -> dict[str, int]:
    return {name: container.path(f"{STATE}/{name}").stat().st_mtime_ns for name in MARKERS}


def test_a_second_boot_changes_nothing(formed: Lab) -> None:
    """Last of those that share the machines, since it stops one for a while."""
    machine = formed["node03"]
    before = markers(machine), list(formed.cluster.members(via="node01"))
    files = {path.name for path in machine.path(STATE).iterdir()}
    machine.shut_down()
    machine.boot()
    machine.wait_for("harness: cluster-healthy")
    assert machine.milestones == ["harness: booted", "harness: cluster-healthy"]
    assert (markers(machine), list(formed.cluster.members(via="node01"))) == before
    assert {path.name for path in machine.path(STATE).iterdir()} == files
