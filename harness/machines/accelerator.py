"""Which accelerator runs guests here, found out by running one; and how slow guests are, measured the same way.

A ``/dev/kvm`` that opens, and even makes a virtual machine, proves nothing: some hosts' KVM never runs a stock guest.
The probe is a kernel without a root file system: it boots, panics, and QEMU ends.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import host
from harness.sandbox.waiting import Patience

if TYPE_CHECKING:
    from pathlib import Path

EMULATOR = "qemu-system-x86_64"
KVM_DEVICE = "/dev/kvm"
PANIC = b"Unable to mount root fs"

HEALTHY_BOOT = 1.0
"""Seconds from exec to the probe's panic that count as a healthy KVM host: patience 1."""

KVM_PROBE_LIMIT = 8.0
TCG_PROBE_LIMIT = 120.0
"""Seconds after which a probe counts as dead."""

CMDLINE = "console=ttyS0 panic=-1 mitigations=off no_timer_check"


class Accelerator(StrEnum):
    """How guests' instructions are run: by the processor (KVM) or by emulation (TCG)."""

    KVM = "kvm"
    TCG = "tcg"

    @property
    def domain_type(self) -> str:
        """The type of a libvirt domain that uses it."""
        return {"kvm": "kvm", "tcg": "qemu"}[self.value]

    @property
    def cpu(self) -> str:
        """The model of a guest's processor, by QEMU's and libvirt's name; ``host`` is the host's own.

        What an emulated processor can do has to be emulated: with AVX, SMAP and the like ("max") the same work takes a
        tenth more of the host's time. Nehalem is x86-64-v2, below which some distributions don't start.
        """
        return {"kvm": "host", "tcg": "Nehalem"}[self.value]


@dataclass(frozen=True)
class Probe:
    """What booting the probe showed: the seconds it took, or why it counts as dead."""

    seconds: float | None
    trouble: str = ""


def probe(accelerator: Accelerator, kernel: Path) -> Probe:
    """Boot the probe kernel. Raises `HostError` where there is no QEMU."""
    limit = KVM_PROBE_LIMIT if accelerator is Accelerator.KVM else TCG_PROBE_LIMIT
    command = [
        *(EMULATOR, "-machine", "q35", "-accel", accelerator.value, "-cpu", accelerator.cpu, "-m", "256"),
        *("-nodefaults", "-display", "none", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(kernel), "-append", CMDLINE),
    ]
    started = time.monotonic()
    try:
        done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=limit, check=False)
    except FileNotFoundError as error:
        raise HostError(host.no_program(EMULATOR, "qemu-system-x86")) from error
    except subprocess.TimeoutExpired as late:
        last = (late.stdout or b"").decode(errors="replace").splitlines()[-1:]
        return Probe(None, f"no panic within {limit:.0f} s, last line {last}")
    took = time.monotonic() - started
    if PANIC not in done.stdout:
        return Probe(None, "; ".join(done.stderr.decode(errors="replace").splitlines()) or "ended without a word")
    return Probe(took)


def choose(wanted: str, kernel: Path, cache: Path) -> Accelerator:
    """Return the accelerator to use. `wanted` is ``auto``, ``kvm`` or ``tcg``.

    ``auto`` takes KVM where a guest was seen to run under it, and remembers the answer for this host and QEMU.
    Raises `HostError` where KVM was asked for and does not run a guest.
    """
    if wanted == Accelerator.TCG:
        return Accelerator.TCG
    answer = _remembered(cache) or _find_out(kernel, cache)
    if answer["works"]:
        return Accelerator.KVM
    if wanted == Accelerator.KVM:
        remedy = "use --lab-accel=tcg, or a host whose KVM runs guests"
        raise HostError(Missing(f"KVM runs no guest here: {answer['because']}", remedy))
    return Accelerator.TCG


def measure_patience(accelerator: Accelerator, kernel: Path, *, cpus: int) -> Patience:
    """Measure how much slower guests are here than on a healthy KVM host, when `cpus` virtual CPUs run at once.

    Raises `HostError` where no guest runs at all.
    """
    seen = probe(accelerator, kernel)
    if seen.seconds is None:
        raise HostError(Missing(f"no guest boots under {accelerator.value}: {seen.trouble}", "see harness doctor"))
    cores = len(os.sched_getaffinity(0))
    crowding = max(1.0, cpus / cores)
    factor = max(1.0, seen.seconds / HEALTHY_BOOT * crowding)
    return Patience(factor, f"{accelerator.value}, probe {seen.seconds:.1f} s, {cpus} virtual CPUs on {cores} cores")


def _find_out(kernel: Path, cache: Path) -> dict[str, object]:
    if not os.access(KVM_DEVICE, os.R_OK | os.W_OK):
        return {"works": False, "because": f"{KVM_DEVICE} is not there or not this user's"}
    seen = probe(Accelerator.KVM, kernel)
    answer: dict[str, object] = {"host": _host(), "works": seen.seconds is not None, "because": seen.trouble}
    cache.parent.mkdir(parents=True, exist_ok=True)
    cache.write_text(json.dumps(answer))
    return answer


def _remembered(cache: Path) -> dict[str, object] | None:
    try:
        answer = json.loads(cache.read_text())
    except (OSError, ValueError):
        return None
    wanted = isinstance(answer, dict) and answer.get("host") == _host() and {"works", "because"} <= answer.keys()
    return answer if wanted else None


def _host() -> list[str]:
    """Return what an answer holds for: this kernel, this machine, this QEMU."""
    try:
        version = subprocess.run([EMULATOR, "--version"], capture_output=True, text=True, check=False).stdout
    except FileNotFoundError as error:
        raise HostError(host.no_program(EMULATOR, "qemu-system-x86")) from error
    return [platform.node(), platform.release(), version.partition("\n")[0]]
