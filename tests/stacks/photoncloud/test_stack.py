from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path, PurePosixPath

import pytest

from harness.errors import HostError
from harness.provisioning.files import Folder, secrets
from harness.provisioning.own_installer import Access
from harness.stacks.photoncloud.cluster import PhotonCloudCluster
from harness.stacks.photoncloud.stack import FLAKE, OPTIONS, PhotonCloudStack, from_environment
from harness.stacks.powers import CompareAndSwap
from harness.stacks.protocol import Cluster, InstallsItself, Native, Stack
from harness.topology.cluster_config import cluster_config
from harness.topology.loader import load

ROOT = Path(__file__).parents[3]
PHOTONCLOUD = load(ROOT / "scenarios/topologies/photoncloud.yaml")
STACK = PhotonCloudStack("/srv/cloud")
SECRETS = STACK.secrets(PHOTONCLOUD)
ACCESS = Access("node04", "10.0.100.60", Path("/run/key"), Path("/run/files"))


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs that are found before any other."""
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return tmp_path


def add_program(folder: Path) -> Path:
    program = folder / "nixos-anywhere"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    return program


def test_it_is_a_stack_that_installs_itself_and_runs_nowhere_else() -> None:
    stack: Stack = STACK
    assert isinstance(stack, InstallsItself)
    assert not isinstance(stack, Native)
    assert stack.units(PHOTONCLOUD, "node01") == ()


def test_its_entry_point_is_what_reads_the_environment() -> None:
    declared = 'photoncloud = "harness.stacks.photoncloud.stack:from_environment"'
    assert declared in (ROOT / "pyproject.toml").read_text()
    value = declared.partition('"')[2].rstrip('"')
    assert EntryPoint("photoncloud", value, "harness.stacks").load() is from_environment


def test_it_is_loaded_before_any_other_stack() -> None:
    program = "import sys, harness.stacks.photoncloud.stack; print('harness.stacks.reference.cluster' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout == "False\n"


def test_its_cluster_has_the_verbs_of_all_and_no_swap() -> None:
    cluster = STACK.cluster(PHOTONCLOUD, SECRETS)
    asked: Cluster = cluster
    assert isinstance(asked, PhotonCloudCluster)
    assert not isinstance(asked, CompareAndSwap)


def test_a_machine_gets_the_documents_secrets() -> None:
    files = STACK.files(PHOTONCLOUD, "node04", SECRETS)
    folder = PurePosixPath("/etc/nixos/secrets")
    assert files[folder] == Folder(0o700)
    assert {path.name for path in files} == {"secrets", "cluster-config.json", "ca.crt", "node04.crt", "node04.key"}
    kept = {path.name: file.content for path, file in secrets(files)}
    assert kept.keys() == {"cluster-config.json", "node04.key"}
    assert json.loads(kept["cluster-config.json"]) == cluster_config(PHOTONCLOUD, "node04")


@pytest.mark.parametrize("machine", ["node99"])
def test_a_machine_that_is_not_there_has_no_part_in_it(machine: str) -> None:
    for ask in (STACK.units, STACK.installer):
        with pytest.raises(LookupError):
            ask(PHOTONCLOUD, machine)
    with pytest.raises(LookupError):
        STACK.files(PHOTONCLOUD, machine, SECRETS)


def test_the_command_is_the_documents_own_with_the_lab_s_key_and_files(programs: Path) -> None:
    program = add_program(programs)
    stack = PhotonCloudStack("/srv/cloud", ["--kexec", "/srv/kexec.tar.gz"], {"NIX_CONFIG": "cores = 1"})
    installation = stack.installer(PHOTONCLOUD, "node04")(ACCESS)
    ours = ("-i", "/run/key", "--extra-files", "/run/files", "--kexec", "/srv/kexec.tar.gz")
    assert installation.command == (str(program), "--flake", "/srv/cloud#node04", *ours, "root@10.0.100.60")
    assert installation.environment == {"NIX_CONFIG": "cores = 1"}


def test_what_is_missing_is_told_at_once_with_what_to_do(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(programs))
    with pytest.raises(HostError) as caught:
        PhotonCloudStack().installer(PHOTONCLOUD, "node04")
    told = str(caught.value).splitlines()
    assert told[0].startswith("the program nixos-anywhere: install Nix (https://nixos.org/download), then run: nix ")
    assert told[1].startswith(f"{FLAKE} is not set, so nobody knows what to install: export {FLAKE}=FLAKE")


def test_a_flake_that_names_a_part_of_itself_is_refused(programs: Path) -> None:
    add_program(programs)
    with pytest.raises(HostError, match=r"the flake \.#node01 already names a part of itself: leave out #"):
        PhotonCloudStack(".#node01").installer(PHOTONCLOUD, "node01")


def test_the_environment_says_which_flake_and_options(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_program(programs)
    monkeypatch.setenv(FLAKE, "github:example/cloud")
    monkeypatch.setenv(OPTIONS, "--debug --ssh-option 'ConnectTimeout=5'")
    words = from_environment().installer(PHOTONCLOUD, "node04")(ACCESS).command
    assert words[1:3] == ("--flake", "github:example/cloud#node04")
    assert words[-4:] == ("--debug", "--ssh-option", "ConnectTimeout=5", "root@10.0.100.60")


def test_options_that_are_no_words_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OPTIONS, "--ssh-option 'open")
    with pytest.raises(HostError, match=rf"{OPTIONS} can't be read as words of a shell: No closing quotation: close"):
        from_environment()
