"""Being root in a user namespace of one's own, which is how an ordinary user comes by all other namespaces.

The user becomes root inside, and the ids that /etc/subuid and /etc/subgid grant become 1, 2 and so on. Where none are
granted, or newuidmap(1) is not there to map them, root is the only id inside, and no program can switch to another.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.sandbox import linux, subordinate_ids
from harness.sandbox.refusals import Step, status_of, taking
from harness.sandbox.subordinate_ids import Identity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.sandbox.subordinate_ids import Span

CAP_SYS_ADMIN = 21
SUBUID, SUBGID = Path("/etc/subuid"), Path("/etc/subgid")
MAPPERS = ("newuidmap", "newgidmap")
MAP_WHEN_TOLD = 'read -r _ && "$1" $3 && "$2" $4'
"""Run outside, since the kernel lets only the namespace above, or one's own single id, be mapped to."""


@dataclass(frozen=True)
class Plan:
    """The ids that there will be inside, and what keeps them from being more than one."""

    users: tuple[Span, ...]
    groups: tuple[Span, ...]
    lacking: Missing | None = None

    def __str__(self) -> str:
        count = sum(span.count for span in self.users)
        return f"{count} ids" if count > 1 else "one id"


def needed() -> bool:
    """Say whether this process needs a user namespace before it may make others: it is not the host's root."""
    effective = int(status_of("CapEff") or "0", 16)
    return os.geteuid() != 0 or not effective & 1 << CAP_SYS_ADMIN


def plan() -> Plan:
    """Return the ids that this user will have inside."""
    user, group = os.geteuid(), os.getegid()
    name = _name_of(user)
    users = Identity(user, subordinate_ids.granted(_text(SUBUID), name, user))
    groups = Identity(group, subordinate_ids.granted(_text(SUBGID), name, user))
    lacking = _lacking(name, users, groups)
    if lacking:
        users, groups = Identity(user), Identity(group)
    return Plan(users.spans(), groups.spans(), lacking)


def enter() -> None:
    """Move this process, which has one thread, into a new user namespace, and be root there.

    Supplementary groups stay, so that what they open stays open (/dev/kvm). Raises `HostError` where the host does not
    allow it.
    """
    _keep_names()
    wanted = plan()
    if wanted.lacking:
        _enter_alone(wanted)
    else:
        _enter_with_many(wanted)


def host_user() -> int:
    """Return this process's user as the host knows it, from inside a user namespace, too."""
    return subordinate_ids.outside(os.getuid(), subordinate_ids.parse_map(Path("/proc/self/uid_map").read_text()))


def _keep_names() -> None:
    """Have programs look for this user's name and home here, not under the id that it has inside."""
    os.environ.setdefault("LOGNAME", _name_of(os.geteuid()))
    with contextlib.suppress(RuntimeError):  # nobody knows this user
        os.environ.setdefault("HOME", str(Path.home()))


def _enter_alone(wanted: Plan) -> None:
    with taking(Step.USER):
        linux.unshare(linux.CLONE_NEWUSER)
    with taking(Step.MAP):
        Path("/proc/self/setgroups").write_text("deny")  # else the kernel takes no map of groups from an ordinary user
        Path("/proc/self/uid_map").write_text(_lines(wanted.users))
        Path("/proc/self/gid_map").write_text(_lines(wanted.groups))


def _enter_with_many(wanted: Plan) -> None:
    maps = [" ".join([str(os.getpid()), *subordinate_ids.words(spans)]) for spans in (wanted.users, wanted.groups)]
    command = ["sh", "-c", MAP_WHEN_TOLD, "sh", *(shutil.which(name) or name for name in MAPPERS), *maps]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as outside:
        with taking(Step.USER):
            linux.unshare(linux.CLONE_NEWUSER)
        _, said = outside.communicate("\n")
    if outside.returncode:
        remedy = f"mend {SUBUID} and {SUBGID}, or apt-get install --reinstall uidmap"
        raise HostError(Missing(f"the ids of a user namespace could not be mapped ({said.strip()})", remedy))


def _lacking(name: str, users: Identity, groups: Identity) -> Missing | None:
    """Return why there can be only one id inside, None where there can be more."""
    if status_of("NoNewPrivs") == "1":
        return Missing("no program may gain rights here (NoNewPrivs), as newuidmap does", "run without that flag")
    without = [str(path) for path, one in ((SUBUID, users), (SUBGID, groups)) if not one.granted]
    if without:
        free = subordinate_ids.free_range(_text(SUBUID), _text(SUBGID))  # one user's ids are no business of another's
        add = f"--add-subuids {free} --add-subgids {free}"
        return Missing(f"{' and '.join(without)} grant {name} no ids", f"as root: usermod {add} {name}")
    if not all(map(shutil.which, MAPPERS)):
        return Missing("no program newuidmap", "as root: apt-get install uidmap")
    return None


def _lines(spans: Sequence[Span]) -> str:
    return "".join(f"{span}\n" for span in spans)


def _name_of(user: int) -> str:
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""
