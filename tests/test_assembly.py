from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from harness.assembly import Assembly, find_stack
from harness.errors import HostError
from harness.provisioning.files import File, Link
from harness.provisioning.installer import RootArchive
from harness.provisioning.own_installer import Access, OwnInstallation
from harness.stacks.photoncloud.stack import PhotonCloudStack
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.topology.model import Topology
from harness.units import minutes

TOPOLOGY = load(Path(__file__).parent.parent / "scenarios" / "topologies" / "t036.yaml")
ROOT = RootArchive("http://192.168.100.1/root.tar.zst", "0" * 64)


@pytest.fixture(scope="module")
def assembly() -> Assembly:
    assert TOPOLOGY.boot_server is not None
    assert TOPOLOGY.stack is not None
    return Assembly.of(TOPOLOGY, TOPOLOGY.boot_server, TOPOLOGY.stack, Firmware.UEFI)


def test_the_boot_server_reserves_an_address_for_each_mac(assembly: Assembly) -> None:
    reserved = {one.mac: str(one.address) for one in assembly.boot_config.reservations}
    assert reserved == {f"52:54:00:00:01:0{n}": f"192.168.100.1{n}" for n in (1, 2, 3)}


def test_the_installer_is_told_where_the_lab_s_key_is(assembly: Assembly) -> None:
    arguments = assembly.boot_config.kernel_arguments
    assert "harness.authorized_keys=http://192.168.100.1/authorized_keys" in arguments


def test_no_kernel_panics_because_its_timer_is_late(assembly: Assembly) -> None:
    plan = assembly.plan(TOPOLOGY.machine("node01"), ROOT)
    (boot_loader,) = plan.boot_loader
    assert all("no_timer_check" in words for words in (assembly.boot_config.kernel_arguments, boot_loader.words))


def test_each_machine_gets_its_own_name_key_and_units(assembly: Assembly) -> None:
    entries = {machine.name: assembly.entries(machine) for machine in TOPOLOGY.machines}
    names = {name: entries[name][PurePosixPath("/etc/hostname")] for name in entries}
    assert names == {name: File(f"{name}\n".encode()) for name in entries}
    keys = {entries[name][PurePosixPath(f"/etc/nixos/secrets/{name}.key")] for name in entries}
    assert len(keys) == 3
    assert all(isinstance(key, File) and key.mode == 0o600 for key in keys)
    wanted = PurePosixPath("/etc/systemd/system/multi-user.target.wants/chainfire.service")
    assert all(isinstance(entries[name][wanted], Link) for name in entries)


def test_the_kernel_finds_its_root_in_the_declared_group(assembly: Assembly) -> None:
    plan = assembly.plan(TOPOLOGY.machines[0], ROOT)
    (command,) = plan.boot_loader
    assert command.words[:5] == ("chroot", "/mnt", "/usr/lib/harness/install-boot-loader", "uefi", "/dev/vda")
    assert "root=/dev/mapper/pool-root" in command.words


def test_a_stack_that_nobody_brings_is_named_with_those_there_are() -> None:
    with pytest.raises(HostError, match=r"no stack 'nixos' is installed: .*there are: photoncloud, reference"):
        find_stack("nixos")


def test_a_stack_that_installs_itself_gets_its_files_and_the_lab_s_keys(tmp_path: Path) -> None:
    assert TOPOLOGY.boot_server is not None
    assert TOPOLOGY.stack is not None
    photoncloud = TOPOLOGY.stack.model_copy(update={"kind": "photoncloud"})
    assembly = replace(
        Assembly.of(TOPOLOGY, TOPOLOGY.boot_server, TOPOLOGY.stack, Firmware.UEFI),
        topology=TOPOLOGY.model_copy(update={"stack": photoncloud}),
        stack=PhotonCloudStack(),
    )
    plan = assembly.own_plan(TOPOLOGY.machine("node02"), Itself(), folder=tmp_path, log=tmp_path / "log")
    assert plan.booted == "node02 is up"
    assert plan.installation(Access("node02", "192.168.100.12", tmp_path, tmp_path)).command == ("install", "node02")
    assert plan.entries[PurePosixPath("/etc/nixos/secrets/node02.key")] == File(
        assembly.secrets.certificates["node02"].key_pem, 0o600
    )
    assert plan.entries[PurePosixPath("/root/.ssh/authorized_keys")] == File(
        f"{assembly.lab_key.public}\n".encode(), 0o600
    )
    assert PurePosixPath("/etc/fstab") not in plan.entries


class Itself:
    """What a stack that installs itself says of that."""

    def installer(self, topology: Topology, machine: str) -> Callable[[Access], OwnInstallation]:
        del topology, machine
        return lambda access: OwnInstallation(("install", access.machine), 1 * minutes)

    def booted_line(self, machine: str) -> str:
        return f"{machine} is up"


@pytest.fixture
def bring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Install packages whose entry points are these."""

    def bring(*values: str) -> None:
        for number, value in enumerate(values):
            package = tmp_path / f"brought{number}-1.dist-info"
            package.mkdir()
            (package / "METADATA").write_text(f"Metadata-Version: 2.1\nName: brought{number}\nVersion: 1\n")
            (package / "entry_points.txt").write_text(f"[harness.stacks]\nbrought = {value}\n")
        monkeypatch.syspath_prepend(tmp_path)

    return bring


def test_a_stack_that_a_package_brings_is_found_by_its_name(bring: Callable[..., None]) -> None:
    bring("harness.stacks.photoncloud.stack:from_environment")
    assert find_stack("brought").name == "photoncloud"


@pytest.mark.parametrize(
    "value, why",
    [
        ("nowhere_at_all:Stack", "can't be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'"),
        ("harness.stacks.protocol:Nothing", "can't be loaded: AttributeError: .* has no attribute 'Nothing'"),
        ("harness.stacks.protocol:Member", "can't be loaded: TypeError: .* missing 2 required"),
        ("harness.stacks.protocol:REQUEST_TIMEOUT", "can't be loaded: TypeError: .* is not callable"),
        ("pathlib:Path", "is none: a PosixPath without absent, secrets, files, units, cluster"),
    ],
)
def test_an_entry_point_that_brings_no_stack_is_told_with_what_it_is(
    bring: Callable[..., None], value: str, why: str
) -> None:
    bring(value)
    with pytest.raises(HostError, match=rf"the stack 'brought' \({value}\) {why}") as caught:
        find_stack("brought")
    assert str(caught.value).endswith("its entry point is called, and returns a stack (docs/your-stack.md)")


def test_two_packages_that_bring_the_same_stack_are_refused(bring: Callable[..., None]) -> None:
    bring("harness.stacks.reference:ReferenceStack", "pathlib:Path")
    with pytest.raises(HostError, match=r"several packages bring the stack 'brought': harness.*, pathlib:Path: un"):
        find_stack("brought")
