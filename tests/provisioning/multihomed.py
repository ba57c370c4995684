"""A rehearsal in a sandbox of its own: a machine with three cards, one of them a trunk, is installed and looked at.

``python -m tests.provisioning.multihomed FOLDER FIRMWARE`` writes what was seen to FOLDER/seen.json.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from harness.capture.files.reader import frames
from harness.capture.views import vlan_of
from harness.sandbox.netns import NetworkNamespace
from harness.sandbox.waiting import wait_until
from harness.topology.firmware import Firmware
from harness.topology.loader import load
from harness.topology.model import MachineSpec
from harness.trace.display import Silent
from harness.units import seconds
from harness.virtual_lab import VirtualLab
from harness.workbench import Settings, prepare

TOPOLOGY = Path(__file__).with_suffix(".yaml")
NODE = "node01"
INTERFACES = ("eth0", "eth1", "eth1.200", "eth1.300", "storage0")
CLIENT_ABROAD = "203.0.113.7"
"""Somebody behind the client VLAN's gateway (RFC 5737)."""

DHCP_REQUEST = bytes.fromhex("00440043")
SHORT = 10 * seconds


def rehearse(lab: VirtualLab) -> dict[str, Any]:
    """Install the machine and return what was seen of it."""
    lab.bootstrap()
    with contextlib.ExitStack() as undo:
        hosts = {
            vlan: _host(lab, undo, vlan, address)
            for vlan, address in (("cluster", "10.0.200.254"), ("client", "10.0.30.1"), ("storage", "10.0.40.254"))
        }
        hosts["client"].popen(["ip", "address", "add", f"{CLIENT_ABROAD}/32", "dev", "lo"]).wait(timeout=10)
        seen = {
            "cards": {card["ifname"]: card for card in json.loads(_says(lab, "ip", "-json", "-details", "address"))},
            "routes": json.loads(_says(lab, "ip", "-json", "route", "show", "table", "main")),
            "hosts": _says(lab, "cat", "/etc/hosts"),
            "failed": _says(lab, "systemctl", "list-units", "--state=failed", "--plain", "--no-legend"),
            "reached": {
                "cluster": _pings(hosts["cluster"], "10.0.200.10"),
                "client": _pings(hosts["client"], "10.0.30.10"),
                "client from abroad": _pings(hosts["client"], "10.0.30.10", "-I", CLIENT_ABROAD),
                "storage": _pings(hosts["storage"], "10.0.40.10"),
            },
            "pulled": _pull_the_trunk(lab),
            "sockets": lab.machines[NODE].room.sockets,
        }
        _wait(lab, "the machine back on its trunk", lambda: _pings(hosts["cluster"], "10.0.200.10"))
    lab.network.flush()
    sent = Counter(_sent_by(lab.topology.machine(NODE), *lab.network.captures))
    return seen | {"sent": [[*kind, count] for kind, count in sorted(sent.items())]}


def _host(lab: VirtualLab, undo: contextlib.ExitStack, vlan: str, address: str) -> NetworkNamespace:
    """Put somebody else into a VLAN."""
    made = undo.enter_context(NetworkNamespace.create())
    lab.wire_host("host", made, vlan, "eth0", IPv4Address(address))
    return made


def _says(lab: VirtualLab, *command: str) -> str:
    return lab.machines[NODE].run(command, within=SHORT).text


def _pull_the_trunk(lab: VirtualLab) -> list[dict[str, tuple[str, list[str]]]]:
    """Return the guest's interfaces before its trunk is pulled, while it is, and after: their carrier and addresses."""

    def look() -> dict[str, tuple[str, list[str]]]:
        carriers = _says(lab, "cat", *(f"/sys/class/net/{name}/carrier" for name in INTERFACES)).split()
        cards = {card["ifname"]: card["addr_info"] for card in json.loads(_says(lab, "ip", "-json", "address"))}
        return {
            name: (carrier, [each["local"] for each in cards[name]])
            for name, carrier in zip(INTERFACES, carriers, strict=True)
        }

    before = look()
    trunk = lab.links(f"{NODE}/eth1")
    trunk.cut()
    _wait(lab, "the guest to lose its carrier", lambda: look()["eth1.200"] == ("0", []))
    pulled = look()
    trunk.restore()
    _wait(lab, "the guest to be as before", lambda: look() == before)
    return [before, pulled]


def _wait(lab: VirtualLab, what: str, look: Callable[[], bool]) -> None:
    wait_until(what, look, within=SHORT, patience=lab.patience)


def _pings(place: NetworkNamespace, address: str, *options: str) -> bool:
    command = ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", *options, address]
    with place.popen(command, stdout=subprocess.DEVNULL) as process:
        return process.wait(timeout=60) == 0


def _sent_by(spec: MachineSpec, *captures: Path) -> Iterator[tuple[str, str, int, bool]]:
    """Yield for each frame of the machine's: its link, its sender, its VLAN tag or 0, and whether it asks for DHCP."""
    links = {f"{spec.name}/{nic.name}" for nic in spec.nics}
    for frame in (each for capture in captures for each in frames(capture)):
        if frame.link in links and frame.direction == "in":
            yield frame.link, frame.data[6:12].hex(":"), vlan_of(frame.data), frame.data[34:38] == DHCP_REQUEST


def main() -> None:
    """Enter the sandbox, rehearse, and write down what was seen."""
    folder, firmware = Path(sys.argv[1]), Firmware(sys.argv[2])
    bench = prepare(Settings(firmware=firmware, evidence=folder, network="switch"), print)
    with VirtualLab(load(TOPOLOGY), bench, folder, Silent()) as lab:
        seen = rehearse(lab)
        print(lab.summary())  # noqa: T201 - for who runs this by hand
    (folder / "seen.json").write_text(json.dumps(seen, indent=1))


if __name__ == "__main__":
    main()
