"""Why a host gives no namespaces: which setting it is, and the command that changes it.

`explain` is pure; `read_settings` reads what it goes by.
"""

from __future__ import annotations

import contextlib
import errno
import os
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONFINING_SECCOMP = 2
"""The field Seccomp of proc(5): a filter decides about system calls."""

NO_SPACE = (errno.ENOSPC, errno.EUSERS)
REFUSED = (errno.EPERM, errno.EACCES)
ABSENT = (errno.EINVAL, errno.ENOSYS)

ENOUGH = 100_000
"""Namespaces of one kind that one user may have; kernels allow about as many by themselves."""

ELSEWHERE = "run as root, or on a host that allows user namespaces"


class Step(StrEnum):
    """What was asked of the kernel, in order."""

    USER = "a user namespace"
    MAP = "ids in a user namespace"
    OTHERS = "mount, network and PID namespaces"
    PROC = "a /proc of its own"


LIMITS = {
    Step.USER: ("user.max_user_namespaces",),
    Step.OTHERS: ("user.max_mnt_namespaces", "user.max_net_namespaces", "user.max_pid_namespaces"),
    Step.PROC: ("user.max_mnt_namespaces",),
}
FREE_PROFILES = ("unconfined", "unprivileged_userns")
"""What AppArmor calls a process that nothing confines, and on Ubuntu the same one in a user namespace of its own."""

CLONE_SWITCH = "kernel.unprivileged_userns_clone"
APPARMOR_SWITCH = "kernel.apparmor_restrict_unprivileged_userns"


@dataclass(frozen=True)
class Settings:
    """What a host says of itself: its sysctls as far as they are there, and what confines this process."""

    sysctls: Mapping[str, int] = field(default_factory=dict)
    profile: str = "unconfined"
    """The AppArmor profile of this process (apparmor(7)); also where there is no AppArmor."""

    filtered: bool = False
    """A seccomp filter decides about system calls, as in most containers."""


def read_settings() -> Settings:
    """Return the settings of this host and process."""
    names = [*(name for names in LIMITS.values() for name in names), CLONE_SWITCH, APPARMOR_SWITCH]
    values = {name: value for name in names if (value := _sysctl(name)) is not None}
    profile = _text(Path("/proc/self/attr/apparmor/current")) or "unconfined"
    return Settings(values, profile.partition(" ")[0], status_of("Seccomp") == str(CONFINING_SECCOMP))


def status_of(wanted: str) -> str:
    """Return a field of /proc/self/status (proc(5)), nothing where this kernel does not have it."""
    for line in _text(Path("/proc/self/status")).splitlines():
        name, _, value = line.partition(":")
        if name == wanted:
            return value.strip()
    return ""


@contextlib.contextmanager
def taking(step: Step) -> Iterator[None]:
    """Take a step in this block. Raises `HostError`, which explains it, where the kernel refuses."""
    try:
        yield
    except OSError as error:
        raise HostError(explain(step, error.errno or 0, read_settings())) from error


def explain(step: Step, number: int, settings: Settings) -> Missing:
    """Return what keeps this process from taking a step that failed with an error number, and what mends it."""
    what, remedy = _cause(step, number, settings)
    return Missing(f"this host gives this user no {str(step).removeprefix('a ')}: {what}", remedy)


def _cause(step: Step, number: int, settings: Settings) -> tuple[str, str]:
    if number in NO_SPACE:
        return _limit(step, settings.sysctls)
    if number in REFUSED:
        return next((what, remedy) for holds, what, remedy in _refusals(step, number, settings) if holds)
    if number in ABSENT:
        what = f"the kernel does not have them ({os.strerror(number)})"
        return what, "run one with CONFIG_USER_NS, CONFIG_NET_NS and CONFIG_PID_NS"
    return os.strerror(number), ELSEWHERE


def _refusals(step: Step, number: int, settings: Settings) -> tuple[tuple[bool, str, str], ...]:
    """Return what may refuse, the surest first: whether it does so here, in words, and what mends it."""
    free, error = settings.profile in FREE_PROFILES, os.strerror(number)
    return (
        (settings.sysctls.get(CLONE_SWITCH) == 0, f"{CLONE_SWITCH} is 0", _set(CLONE_SWITCH, 1)),
        (free and settings.sysctls.get(APPARMOR_SWITCH) == 1, f"{APPARMOR_SWITCH} is 1", _set(APPARMOR_SWITCH, 0)),
        (
            not free,
            f"the AppArmor profile {settings.profile} forbids it ({error})",
            "allow `userns` and `mount` in that profile; in a container: --security-opt apparmor=unconfined",
        ),
        (
            step is Step.PROC,
            f"parts of /proc are covered, as in containers ({error})",
            "run the container with --security-opt systempaths=unconfined, or as privileged",
        ),
        (
            settings.filtered,
            f"a seccomp filter forbids it, as in containers ({error})",
            "run the container with --security-opt seccomp=unconfined, or as privileged",
        ),
        (
            step is Step.USER and number == errno.EPERM,
            "this is a chroot (user_namespaces(7))",
            "run outside of the chroot, or enter it by pivot_root(2)",
        ),
        (True, error, ELSEWHERE),
    )


def _limit(step: Step, sysctls: Mapping[str, int]) -> tuple[str, str]:
    names = LIMITS.get(step, ())
    for name in names:
        if sysctls.get(name) == 0:
            return f"{name} is 0", _set(name, ENOUGH)
    seen = ", ".join(f"{name} is {sysctls[name]}" for name in names if name in sysctls)
    what = f"as many as allowed are there already, or 32 within each other ({seen})"
    return what, f"end other labs or containers, or as root: sysctl -w {names[0]}={ENOUGH}" if names else ELSEWHERE


def _set(name: str, value: int) -> str:
    return f"as root: sysctl -w {name}={value} (and a line in /etc/sysctl.d to keep it)"


def _sysctl(name: str) -> int | None:
    text = _text(Path("/proc/sys", *name.split(".")))
    return int(text) if text.lstrip("-").isdecimal() else None


def _text(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:  # the kernel has no such setting, or keeps it to itself
        return ""
