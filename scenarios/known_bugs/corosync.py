"""Debian's corosync on machines of a lab, as its package brings it, with a configuration for each machine."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.machines.services import Service, Services
from harness.sandbox.waiting import wait_until
from harness.units import seconds
from known_bugs.record import program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from harness.namespace_lab import NamespaceLab

PACKAGE = "corosync"
FORMED_WITHIN = 40 * seconds
ANSWER_WITHIN = 5 * seconds
OWN_RUN = 'mount -t tmpfs corosync /run && exec "$@"'
"""Its lock is always ``/run/corosync.pid``, which namespace machines would share."""

CONFIGURATION = """\
totem {{
  version: 2
  cluster_name: known
  crypto_cipher: none
  crypto_hash: none
}}
nodelist {{
{nodes}
}}
quorum {{
  provider: corosync_votequorum
  two_node: {two_node}
}}
logging {{
  to_stderr: yes
  to_syslog: no
}}
system {{
  state_dir: {folder}
}}
"""


@dataclass(frozen=True)
class Side:
    """What a machine knows: which ring it is in, how many are in that, and whether they may act."""

    machine: str
    ring: str
    members: int
    quorate: bool


@contextmanager
def running(lab: NamespaceLab, what: str, names: Sequence[str]) -> Iterator[None]:
    """Run corosync on some machines while a block lasts, two of them with ``two_node: 1``; each has one vote."""
    corosync, unshare = program("corosync", PACKAGE), program("unshare", "util-linux")
    for name in names:
        folder = lab.evidence / what / name
        folder.mkdir(parents=True)
        (folder / "corosync.conf").write_text(_configuration(lab, names, folder))
        start = (unshare, "--mount", "/bin/sh", "-c", OWN_RUN, "sh", corosync, "-f", "-c", f"{folder}/corosync.conf")
        lab.machines[name].install(Services([Service("corosync", start)], folder))
    lab.switch_on(*names)
    try:
        wait_until("one ring of all", lambda: _is_whole(sides(lab, names)), within=FORMED_WITHIN)
        yield
    finally:
        lab.switch_off()


def sides(lab: NamespaceLab, names: Sequence[str]) -> Mapping[str, Side | None]:
    """Return what each machine knows just now, one after the other; None where it does not answer."""
    return {name: _side(lab, name) for name in names}


def _side(lab: NamespaceLab, name: str) -> Side | None:
    told = lab.machines[name].run([program("corosync-quorumtool", PACKAGE), "-s"], within=ANSWER_WITHIN).text
    fields = dict(re.findall(r"^([\w ]+?):\s+(.*?)\s*$", told, re.MULTILINE))
    try:
        return Side(name, fields["Ring ID"], int(fields["Nodes"]), fields["Quorate"] == "Yes")
    except KeyError:
        return None


def _is_whole(seen: Mapping[str, Side | None]) -> bool:
    return all(one is not None and one.quorate and one.members == len(seen) for one in seen.values())


def _configuration(lab: NamespaceLab, names: Sequence[str], folder: Path) -> str:
    nodes = "\n".join(
        f"  node {{\n    nodeid: {number}\n    name: {name}\n"
        f"    ring0_addr: {lab.topology.machine(name).nics[0].address}\n  }}"
        for number, name in enumerate(names, start=1)
    )
    return CONFIGURATION.format(nodes=nodes, two_node=int(len(names) == 2), folder=folder)
