from __future__ import annotations

import compileall
import json
import re
import shutil
import ssl
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

import pytest

from harness.provisioning.files import File, Folder, Link, secrets
from harness.stacks.protocol import Stack
from harness.stacks.reference import ReferenceStack
from harness.stacks.reference.node.config import read_cluster_config, read_settings
from harness.topology.cluster_config import cluster_config
from harness.topology.loader import load

if TYPE_CHECKING:
    from harness.provisioning.files import Entry

T036 = load(Path(__file__).parents[3] / "scenarios/topologies/t036.yaml")
STACK = ReferenceStack()
SECRETS = STACK.secrets(T036)
UNITS = PurePosixPath("/etc/systemd/system")


@pytest.fixture(scope="module")
def files() -> dict[PurePosixPath, Entry]:
    return STACK.files(T036, "node01", SECRETS)


def content(files: dict[PurePosixPath, Entry], path: str) -> bytes:
    entry = files[PurePosixPath(path)]
    assert isinstance(entry, File)
    return entry.content


def test_it_is_a_stack_and_is_found_by_its_name() -> None:
    stack: Stack = STACK
    assert stack.name == "reference"
    (entry,) = entry_points(group="harness.stacks", name="reference")
    assert entry.load() is ReferenceStack


def test_the_documented_secrets_are_where_the_documents_say(files: dict[PurePosixPath, Entry]) -> None:
    folder = PurePosixPath("/etc/nixos/secrets")
    assert files[folder] == Folder(0o700)
    names = {path.name for path in files if path.parent == folder}
    assert names == {"cluster-config.json", "ca.crt", "node01.crt", "node01.key", "iam-admin-password"}
    kept = {path.name for path, _ in secrets(files)}
    assert kept == {"cluster-config.json", "node01.key", "iam-admin-password"}
    assert json.loads(content(files, "/etc/nixos/secrets/cluster-config.json")) == cluster_config(T036, "node01")


def test_the_machines_programs_understand_what_they_are_told(files: dict[PurePosixPath, Entry], tmp_path: Path) -> None:
    for name, path in {"a": "/etc/nixos/secrets/cluster-config.json", "b": "/etc/harness-stack/settings.json"}.items():
        (tmp_path / name).write_bytes(content(files, path))
    assert read_cluster_config(tmp_path / "a").node_id == "node01"
    assert read_settings(tmp_path / "b").iam_port == 8080


@pytest.mark.parametrize("name", ["node01", "node01.plasma.local", "192.168.100.11", "localhost", "127.0.0.1"])
def test_a_machine_may_be_called_by_any_of_its_names(name: str, tmp_path: Path) -> None:
    from harness.stacks.reference.node.credentials import check_credentials  # noqa: PLC0415 - for this test alone

    (tmp_path / "ca.crt").write_bytes(SECRETS.ca_pem)
    (tmp_path / f"{name}.crt").write_bytes(SECRETS.certificates["node01"].cert_pem)
    (tmp_path / f"{name}.key").write_bytes(SECRETS.certificates["node01"].key_pem)
    (tmp_path / f"{name}.key").chmod(0o600)
    check_credentials(tmp_path, name)


def test_no_machine_has_anothers_key() -> None:
    one, two = (STACK.files(T036, name, SECRETS) for name in ("node01", "node02"))
    assert SECRETS.certificates["node02"].key_pem not in [e.content for e in one.values() if isinstance(e, File)]
    assert content(one, "/etc/nixos/secrets/iam-admin-password") == content(
        two, "/etc/nixos/secrets/iam-admin-password"
    )


def test_every_lab_has_secrets_of_its_own() -> None:
    assert STACK.secrets(T036).passwords != SECRETS.passwords
    assert STACK.secrets(T036).ca_pem != SECRETS.ca_pem
    assert ssl.PEM_cert_to_DER_cert(SECRETS.ca_pem.decode())


def test_the_programs_run_with_nothing_but_python(files: dict[PurePosixPath, Entry], tmp_path: Path) -> None:
    for path, entry in files.items():
        if path.is_relative_to("/usr/lib/harness-stack") and isinstance(entry, File):
            target = tmp_path / path.relative_to("/usr/lib/harness-stack")
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(entry.content)
            target.chmod(entry.mode)
    assert compileall.compile_dir(tmp_path, quiet=1)
    for program, status in {"first-boot": 2, "iam": 1}.items():
        words = [sys.executable, "-ES", str(tmp_path / program)]
        done = subprocess.run(words, check=False, capture_output=True, text=True, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (status, "")


@pytest.mark.parametrize("machine", ["node09", "", "pxe"])
def test_a_machine_that_does_not_run_it_gets_nothing(machine: str) -> None:
    with pytest.raises(LookupError):
        STACK.files(T036, machine, SECRETS)
    with pytest.raises(LookupError):
        STACK.units(T036, machine)


def test_a_machine_without_a_vote_gossips_and_has_no_raft() -> None:
    photoncloud = load(Path(__file__).parents[3] / "scenarios/topologies/photoncloud.yaml")
    assert set(STACK.secrets(photoncloud).certificates) == {f"node0{number}" for number in range(1, 10)}
    assert STACK.units(photoncloud, "node03") == STACK.units(T036, "node03")
    assert STACK.units(photoncloud, "node04") == ("harness-booted.service", "chainfire-gossip.service")
    assert STACK.files(photoncloud, "node04", STACK.secrets(photoncloud))


def test_a_topology_without_a_stack_has_no_secrets() -> None:
    with pytest.raises(LookupError, match="has no stack"):
        STACK.secrets(T036.model_copy(update={"stack": None}))


def test_what_has_no_honest_counterpart_is_declared_absent() -> None:
    assert set(STACK.absent) == {"PlasmaVMC", "PrismNET", "LightningStor", "K8sHost", "FiberLB", "FlashDNS"}
    installed = " ".join(STACK.units(T036, "node01")).lower()
    assert not any(name.lower() in installed for name in STACK.absent)


# --- units


def settings_of(files: dict[PurePosixPath, Entry], unit: str, name: str) -> list[str]:
    found = re.findall(rf"^{name}=(.*)$", content(files, f"/etc/systemd/system/{unit}").decode(), re.MULTILINE)
    return " ".join(found).split()


def test_debians_own_units_are_masked(files: dict[PurePosixPath, Entry]) -> None:
    masked = {path.name for path, entry in files.items() if entry == Link("/dev/null")}
    assert masked == {"etcd.service", "serf.service"}


def test_units_start_in_the_order_in_which_they_are_named(files: dict[PurePosixPath, Entry]) -> None:
    units = STACK.units(T036, "node01")
    for place, unit in enumerate(units):
        later = set(units[place:])
        assert not later & set(settings_of(files, unit, "After")), unit
        assert not later & set(settings_of(files, unit, "Requires")), unit


@pytest.mark.parametrize(
    "first, then",
    [
        ("chainfire", "flaredb"),
        ("flaredb", "iam"),
        ("chainfire", "chainfire-cluster-join"),
        ("chainfire-cluster-join", "flaredb-cluster-join"),
        ("flaredb", "flaredb-cluster-join"),
        ("flaredb-cluster-join", "iam-initial-setup"),
        ("iam", "iam-initial-setup"),
        ("iam-initial-setup", "cluster-health-check"),
    ],
)
def test_the_documented_order_holds(files: dict[PurePosixPath, Entry], first: str, then: str) -> None:
    assert f"{first}.service" in settings_of(files, f"{then}.service", "After")


def test_every_unit_starts_with_the_machine(files: dict[PurePosixPath, Entry]) -> None:
    for unit in STACK.units(T036, "node01"):
        assert settings_of(files, unit, "WantedBy") == ["multi-user.target"]


def test_systemd_understands_every_unit(files: dict[PurePosixPath, Entry], tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is missing: apt-get install systemd")
    for unit in STACK.units(T036, "node01"):
        text = content(files, f"/etc/systemd/system/{unit}").decode()
        (tmp_path / unit).write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.MULTILINE))
    words = ["systemd-analyze", "verify", "--man=no", *(str(path) for path in sorted(tmp_path.iterdir()))]
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "cycle" in line]
    assert complaints == []
