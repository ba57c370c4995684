"""The options of labs, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

    from harness.topology.model import Topology
    from harness.workbench import Settings

ON_FAILURE, ALWAYS = "failure", "always"
VIRTUAL, NAMESPACE = "vm", "namespace"
RUNS = 3


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of labs."""
    group = parser.getgroup("lab", "labs of machines and their networks (harness)")
    group.addoption(
        "--lab-machines",
        choices=["auto", VIRTUAL, NAMESPACE],
        default="auto",
        help="what machines are; auto: virtual machines where a scenario needs them, else namespaces",
    )
    group.addoption(
        "--lab-network",
        choices=["auto", "switch", "bridge", "multicast"],
        default="auto",
        help="what carries frames (docs/networks.md); auto: the switch, which runs everywhere",
    )
    group.addoption(
        "--lab-accel", choices=["auto", "kvm", "tcg"], default="auto", help="what runs guests; auto tries KVM first"
    )
    group.addoption(
        "--lab-seed",
        type=int,
        default=None,
        metavar="NUMBER",
        help="where random choices start (default: the topology's own); each lab prints its seed",
    )
    group.addoption(
        "--lab-firmware", choices=["uefi", "bios"], default="uefi", help="what machines boot by (default: uefi)"
    )
    group.addoption(
        "--lab-stack", default=None, metavar="KIND", help="what machines run (default: the topology's stack.kind)"
    )
    group.addoption(
        "--lab-libvirt-uri", default="qemu:///embed", metavar="URI", help="which libvirt (default: one of our own)"
    )
    group.addoption(
        "--lab-evidence", default="evidence", metavar="DIR", help="where captures and logs go (default: evidence)"
    )
    group.addoption(
        "--lab-hold",
        choices=["never", ON_FAILURE, ALWAYS],
        default="never",
        help="when a lab is kept running after its scenarios, to be entered by `harness shell` (default: never)",
    )
    group.addoption(
        "--lab-hold-for", default="30 min", metavar="TIME", help="how long it is kept, as in 90 s (default: 30 min)"
    )
    group.addoption(
        "--lab-dir", default=None, metavar="DIR", help="where running labs keep disks and sockets (default: /var/tmp)"
    )
    group.addoption(
        "--lab-checkpoints",
        choices=["auto", "off", "rebuild"],
        default="auto",
        help="what labs start from: a checkpoint, made where there is none (auto); none; one that is made anew",
    )
    group.addoption(
        "--lab-runs",
        type=int,
        default=RUNS,
        metavar="NUMBER",
        help=f"how often a scenario from the field is run (docs/reproduce.md; default: {RUNS})",
    )


def settings(config: pytest.Config) -> Settings:
    """Return what the user chose. Raises `UsageError` for all that can't be meant."""
    from harness.topology.firmware import Firmware  # noqa: PLC0415 - imported when a lab is asked for
    from harness.workbench import Settings  # noqa: PLC0415 - as above

    if unusable := list(_unusable(config)):
        raise pytest.UsageError(*unusable)
    lab_dir = config.getoption("--lab-dir")
    return Settings(
        accel=config.getoption("--lab-accel"),
        network=config.getoption("--lab-network"),
        seed=config.getoption("--lab-seed"),
        firmware=Firmware(config.getoption("--lab-firmware")),
        libvirt_uri=config.getoption("--lab-libvirt-uri"),
        evidence=config.rootpath / config.getoption("--lab-evidence"),
        lab_dir=Path(lab_dir).absolute() if lab_dir else None,
        checkpoints=config.getoption("--lab-checkpoints"),
    )


def with_stack(config: pytest.Config, topology: Topology) -> Topology:
    """Return the topology with the stack that was asked for, where it has any."""
    kind = config.getoption("--lab-stack")
    if kind is None or topology.stack is None:
        return topology
    return topology.model_copy(update={"stack": topology.stack.model_copy(update={"kind": kind})})


def hold_for(config: pytest.Config) -> timedelta:
    """Return how long a lab is held. Raises `ValueError` where the option says no duration."""
    from harness.topology.scalars import parse_duration  # noqa: PLC0415 - imported when a lab is asked for

    return parse_duration(config.getoption("--lab-hold-for"))


def _unusable(config: pytest.Config) -> Iterator[str]:
    """Yield what is wrong with options, also with those that count at the end of a run only."""
    runs, seed = config.getoption("--lab-runs"), config.getoption("--lab-seed")
    if runs < 1:
        yield f"--lab-runs: {runs}, expected at least 1"
    if seed is not None and seed < 0:
        yield f"--lab-seed: {seed}, expected 0 or more"
    if not config.getoption("--lab-evidence"):
        yield "--lab-evidence: nothing, expected a folder"
    try:
        hold_for(config)
    except ValueError as error:
        yield f"--lab-hold-for: {error}, expected a duration such as 30 min"
