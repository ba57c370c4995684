"""A second DHCP server, which nobody asked for: it answers everyone, with addresses of its own choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from harness.errors import LabError
from harness.provisioning.daemons import Daemon, last_lines
from harness.sandbox import host
from harness.sandbox.waiting import NotSeen, wait_until
from harness.units import seconds

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network
    from pathlib import Path

    from harness.provisioning.daemons import Place

START_LIMIT = 5 * seconds
LEASE = 120
"""Seconds; the shortest that dnsmasq gives."""

ANSWERS = ("DHCPOFFER(", "DHCPACK(")


class RogueServer:
    """A dnsmasq on one interface of a place. `folder` is for its log and leases, and made where it is missing."""

    def __init__(
        self, *, place: Place, interface: str, subnet: IPv4Network, pool: tuple[IPv4Address, IPv4Address], folder: Path
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        first, last = pool
        options = {
            "port": 0,
            "interface": interface,
            "except-interface": "lo",
            "dhcp-range": f"{first},{last},{subnet.netmask},{LEASE}",
            "dhcp-leasefile": folder / "leases",
            "log-facility": folder / "dnsmasq.log",
            "pid-file": folder / "dnsmasq.pid",
            "user": "root",
            "group": "",
            "conf-file": "/dev/null",
        }
        flags = (
            "keep-in-foreground",
            "no-hosts",
            "no-resolv",
            "bind-interfaces",
            "dhcp-authoritative",
            "no-ping",
            "log-dhcp",
        )
        program = host.need_program("dnsmasq", "dnsmasq-base")
        command = [program, *(f"--{one}" for one in flags), *(f"--{key}={value}" for key, value in options.items())]
        self._daemon = Daemon("the second DHCP server", command, place=place, log=folder / "dnsmasq.log")

    def __enter__(self) -> Self:
        """Start, and return when it serves. Raises `LabError` where it does not."""
        self._daemon.start()
        try:
            wait_until("the second DHCP server", self._serves, within=START_LIMIT)
        except NotSeen as late:
            self._daemon.kill()
            raise LabError(str(late), console=last_lines(self._daemon.log), evidence=self._daemon.log.parent) from late
        except BaseException:
            self._daemon.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._daemon.kill()

    def answers(self) -> int:
        """Return how many offers and acknowledgements it has given since it was started."""
        return sum(any(answer in line for answer in ANSWERS) for line in self._daemon.said())

    def _serves(self) -> bool:
        self._daemon.check()
        return any("sockets bound exclusively" in line for line in self._daemon.said())
