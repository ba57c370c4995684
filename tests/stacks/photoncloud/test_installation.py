"""The documents' command, run as a deployment runs it, against a real sshd in a network namespace.

A program of the name ``nixos-anywhere`` stands in for the real one: it takes the same words, reaches the installer by
the key that it is given, and unpacks the files there. The real one, and NixOS, were never run here.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest

from harness.assembly import Assembly
from harness.errors import LabError
from harness.machines.console import Console
from harness.machines.keys import generate_key
from harness.machines.virtual import VirtualMachine
from harness.provisioning.deployment import BOOTED, INSTALLED, INSTALLER, Deployment, boot_from_disk, deploy_to_disk
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import HEALTHY
from harness.stacks.photoncloud.stack import PhotonCloudStack
from harness.stacks.protocol import InstallsItself
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.topology.ports import SSH
from tests.machines import sshd

pytestmark = pytest.mark.kernel

T036 = load(Path(__file__).parents[3] / "scenarios/topologies/t036.yaml")
NIXOS_ANYWHERE = r"""#!/bin/sh
set -eu
printf '%s\n' "$@" >"$RECORD"
while [ $# -gt 1 ]; do
  case $1 in -i) key=$2 ;; --extra-files) files=$2 ;; --flake) flake=$2 ;; esac
  shift 2
done
echo "### Installing $flake ###"
tar -C "$files" -cf - . | ssh -F none -i "$key" -o BatchMode=yes -o IdentitiesOnly=yes -o LogLevel=ERROR \
  -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no "$1" "tar -C '$DISK' -xpf -"
echo "### Done! ###"
"""


class Machine:
    """A stand-in for a virtual machine: a real console, which says what it is told to whenever the power comes on."""

    name = "node01"

    def __init__(self, folder: Path) -> None:
        self.console = Console(folder / "console", folder / "node01.console.log")
        self.says: list[str] = []
        self.cuts = 0
        self._serial = socket.socket(socket.AF_UNIX)
        self._serial.connect(str(self.console.path))

    def on(self) -> None:
        self._serial.sendall("".join(f"{line}\n" for line in self.says).encode())

    def cut(self) -> None:
        self.cuts += 1

    def failed(self, message: str, *, phase: str | None = None) -> LabError:
        return LabError(message, machine=self.name, phase=phase, console=self.console.tail())

    def close(self) -> None:
        self._serial.close()
        self.console.close()


class Rehearsal:
    """A machine, an sshd where its installer would be, and what the program leaves."""

    def __init__(self, folder: Path, place: NetworkNamespace, assembly: Assembly) -> None:
        self.folder, self.place, self.assembly = folder, place, assembly
        self.machine = Machine(folder)
        self.phases: list[str] = []
        self.log = folder / "evidence" / "node01.log"

    @property
    def words(self) -> list[str]:
        return (self.folder / "record").read_text().splitlines()

    @property
    def disk(self) -> Path:
        return self.folder / "disk"

    def run(self, act: Callable[[VirtualMachine, Deployment], None]) -> None:
        """Do this from the network namespace that the installer is in, as a lab does."""
        stack = self.assembly.stack
        assert isinstance(stack, InstallsItself)
        plan = self.assembly.own_plan(T036.machine("node01"), stack, folder=self.folder / "private", log=self.log)
        deployment = Deployment(plan, self.assembly.lab_key, self.phases.append, HEALTHY)
        self.place.run(lambda: act(cast("VirtualMachine", self.machine), deployment))


def assembly_of(folder: Path) -> Assembly:
    stack = PhotonCloudStack("/srv/cloud", (), {"RECORD": str(folder / "record"), "DISK": str(folder / "disk")})
    assert T036.boot_server is not None
    return Assembly(
        topology=T036,
        boot_server=T036.boot_server,
        stack=stack,
        secrets=stack.secrets(T036),
        firmware=Firmware.UEFI,
        lab_key=generate_key("lab"),
        host_keys={"node01": generate_key("node01")},
    )


@pytest.fixture
def rehearsal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rehearsal]:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "nixos-anywhere").write_text(NIXOS_ANYWHERE)
    (programs / "nixos-anywhere").chmod(0o755)
    monkeypatch.setenv("PATH", str(programs), prepend=":")
    (tmp_path / "disk").mkdir()
    assembly, host_key = assembly_of(tmp_path), generate_key("installer")
    with NetworkNamespace.create() as place, contextlib.ExitStack() as undo:
        server = place.run(lambda: sshd.start(tmp_path, SSH, host_key, assembly.lab_key))
        undo.callback(server.wait)
        undo.callback(server.terminate)
        rehearsal = Rehearsal(tmp_path, place, assembly)
        undo.callback(rehearsal.machine.close)
        rehearsal.machine.says = [
            "harness: address 127.0.0.1",
            f"harness: host-key {host_key.public}",
            "harness: installer ready",
        ]
        yield rehearsal


def test_a_machine_is_installed_by_the_documents_command_and_shows_its_login_prompt(rehearsal: Rehearsal) -> None:
    rehearsal.run(deploy_to_disk)
    assert rehearsal.phases == ["powered on", INSTALLER, INSTALLED]
    assert rehearsal.machine.cuts == 1
    key, files = rehearsal.words[3], rehearsal.words[5]
    assert rehearsal.words == ["--flake", "/srv/cloud#node01", "-i", key, "--extra-files", files, "root@127.0.0.1"]
    assert rehearsal.log.read_text().endswith("### Installing /srv/cloud#node01 ###\n### Done! ###\n")
    rehearsal.machine.says = ["<<< Welcome to NixOS >>>", "node01 login: "]
    rehearsal.run(boot_from_disk)
    assert rehearsal.phases[-1] == BOOTED


def test_what_a_lab_makes_afresh_is_on_the_machine_and_nowhere_else(rehearsal: Rehearsal) -> None:
    rehearsal.run(deploy_to_disk)
    secrets, certificate = rehearsal.disk / "etc/nixos/secrets", rehearsal.assembly.secrets.certificates["node01"]
    assert (secrets / "node01.key").read_bytes() == certificate.key_pem
    assert (secrets / "node01.key").stat().st_mode & 0o777 == 0o600
    assert secrets.stat().st_mode & 0o777 == 0o700
    assert (rehearsal.disk / "root/.ssh/authorized_keys").read_text() == f"{rehearsal.assembly.lab_key.public}\n"
    host_key = rehearsal.disk / "etc/ssh/ssh_host_ed25519_key"
    assert host_key.read_text() == rehearsal.assembly.host_keys["node01"].private
    assert not any(Path(rehearsal.words[index]).exists() for index in (3, 5))


def test_a_command_that_fails_is_told_with_its_last_lines(rehearsal: Rehearsal) -> None:
    rehearsal.disk.rmdir()
    with pytest.raises(LabError) as caught:
        rehearsal.run(deploy_to_disk)
    told = str(caught.value)
    assert told.startswith("node01, phase installation: ")
    assert "nixos-anywhere ended with status 2" in told
    assert "disk: Cannot open: No such file or directory" in told
    assert told.endswith(f"evidence: {rehearsal.log}")
    assert rehearsal.machine.cuts == 0


def test_an_installer_with_another_host_key_than_its_console_shows_gets_no_secrets(rehearsal: Rehearsal) -> None:
    rehearsal.machine.says[1] = f"harness: host-key {generate_key('another').public}"
    with pytest.raises(LabError, match="host key"):
        rehearsal.run(deploy_to_disk)
    assert not (rehearsal.folder / "record").exists()
