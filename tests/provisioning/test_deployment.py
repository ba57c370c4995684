"""Waiting for a machine's phases, with a real console and a stand-in for the machine behind it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest

from harness.errors import LabError
from harness.machines.console import Console, ConsoleLine
from harness.machines.virtual import VirtualMachine
from harness.provisioning.deployment import BOOTED, IPXE, NETWORK_BOOT, _firmware_phases, wait_for_line
from harness.sandbox.waiting import HEALTHY
from harness.units import milliseconds, seconds


class Machine:
    def __init__(self, folder: Path) -> None:
        self.console = Console(folder / "console", folder / "node01.console.log")
        self.serial = socket.socket(socket.AF_UNIX)
        self.serial.connect(str(self.console.path))

    def failed(self, message: str, *, phase: str | None = None) -> LabError:
        return LabError(message, machine="node01", phase=phase, console=self.console.tail())

    def close(self) -> None:
        self.serial.close()
        self.console.close()


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    made.close()


def wait(machine: Machine, line: str) -> str:
    stand_in = cast("VirtualMachine", machine)
    found = wait_for_line(stand_in, BOOTED, line, start=0, within=50 * milliseconds, patience=HEALTHY)
    return found[0]


def test_a_phase_is_reached_by_its_line(machine: Machine) -> None:
    machine.serial.sendall(b"harness: booted\n")
    machine.console.wait_for("booted", within=5 * seconds)
    assert wait(machine, "harness: booted") == "harness: booted"


def test_a_machine_that_stops_is_told_with_its_phase_its_wait_and_its_last_lines(machine: Machine) -> None:
    machine.serial.sendall(b"Give root password for maintenance\n")
    machine.console.wait_for("maintenance", within=5 * seconds)
    with pytest.raises(LabError) as caught:
        wait(machine, "harness: booted")
    told = str(caught.value)
    assert told.startswith("node01, phase booted from disk: did not get there: expected a console line")
    assert "waited " in told
    assert told.endswith("last console lines:\n  Give root password for maintenance")


def test_a_machine_that_says_why_it_failed_is_believed_at_once(machine: Machine) -> None:
    machine.serial.sendall(b"harness: failed: chainfire-cluster-join: node02 does not answer\n")
    machine.console.wait_for("failed", within=5 * seconds)
    with pytest.raises(LabError, match="says that it failed: chainfire-cluster-join: node02 does not answer"):
        wait(machine, "harness: booted")


def test_a_kernel_that_panics_is_not_waited_for(machine: Machine) -> None:
    machine.serial.sendall(b"[    3.0] Kernel panic - not syncing: No working init found.\n")
    machine.console.wait_for("panic", within=5 * seconds)
    with pytest.raises(LabError, match="says that it failed: Kernel panic - not syncing: No working init found"):
        wait(machine, "harness: booted")


@pytest.mark.parametrize(
    "line, phase",
    [
        (">>Start PXE over IPv4.", NETWORK_BOOT),
        ("iPXE (http://ipxe.org) 00:02.0 CB00 PCI2.10 PnP PMM", NETWORK_BOOT),
        ("iPXE initialising devices...ok", IPXE),
        ("harness: booted", None),
    ],
)
def test_firmware_is_known_by_what_it_says(line: str, phase: str | None) -> None:
    reached: list[str] = []
    _firmware_phases(reached.append)(ConsoleLine(0, line))
    assert reached == ([phase] if phase else [])
