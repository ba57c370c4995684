"""Hosts that owe nothing to the harness: network namespaces on one bridge, programs as they come, tcpdump, journals."""

from __future__ import annotations

import json
import signal
import subprocess
import threading
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from harness.sandbox.waiting import wait_until
from harness.units import seconds

LASTS = "600"
"""Seconds after which a namespace is gone, whatever became of who made it."""
NOTICE, WARNING, INFO = 5, 4, 6


def run(*command: str) -> None:
    """Run a command; raise `subprocess.CalledProcessError` where it fails."""
    subprocess.run(command, check=True, capture_output=True, text=True)


def _namespace(stack: ExitStack) -> str:
    """Return the process id that a new network namespace is known by; it ends with the stack."""
    holder = subprocess.Popen(["unshare", "--net", "sleep", LASTS])
    stack.callback(holder.wait)
    stack.callback(holder.kill)
    own, its = Path("/proc/self/ns/net").readlink(), Path(f"/proc/{holder.pid}/ns/net")
    wait_until("a namespace", lambda: its.readlink() != own, within=5 * seconds)
    return str(holder.pid)


@dataclass
class Journal:
    """What ``journalctl -o json`` would print of a host."""

    host: str
    boot: str = field(default_factory=lambda: uuid.uuid4().hex)
    began: int = field(default_factory=time.monotonic_ns)
    lines: list[dict[str, str]] = field(default_factory=list)

    def says(self, message: str, identifier: str, unit: str, priority: int = INFO) -> None:
        """Note a line as it is said."""
        self.lines.append(
            {
                "__REALTIME_TIMESTAMP": str(time.time_ns() // 1000),
                "__MONOTONIC_TIMESTAMP": str((time.monotonic_ns() - self.began) // 1000),
                "_BOOT_ID": self.boot,
                "_HOSTNAME": self.host,
                "_SYSTEMD_UNIT": unit,
                "SYSLOG_IDENTIFIER": identifier,
                "PRIORITY": str(priority),
                "MESSAGE": message,
            }
        )

    def write(self, path: Path) -> None:
        """Write all of it, a line each."""
        path.write_text("".join(f"{json.dumps(line)}\n" for line in list(self.lines)))


@dataclass
class Host:
    """A namespace with one card on the bridge, and one service that is supervised as systemd does it."""

    name: str
    address: str
    port: str
    namespace: str
    switch: str
    journal: Journal
    service: subprocess.Popen[str] | None = None

    def inside(self, *command: str) -> list[str]:
        """Return a command as it is run in the host's network."""
        return ["nsenter", f"--net=/proc/{self.namespace}/ns/net", *command]

    def on_switch(self, *command: str) -> None:
        """Run a command where the cables end."""
        run("nsenter", f"--net=/proc/{self.switch}/ns/net", *command)

    def start(self, name: str, *command: str) -> None:
        """Start the service; its journal has what it says, and how it ends."""
        unit = f"{name}.service"
        self.journal.says(f"Started {unit}.", "systemd", "init.scope")
        self.service = subprocess.Popen(
            self.inside(*command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        threading.Thread(target=self._read, args=(self.service, name), daemon=True).start()

    def _read(self, service: subprocess.Popen[str], name: str) -> None:
        unit = f"{name}.service"
        for line in service.stdout or ():
            self.journal.says(line.rstrip("\n"), name, unit)
        if (status := -service.wait()) > 0:
            said = f"{unit}: Main process exited, code=killed, status={status}/{signal.Signals(status).name[3:]}"
            self.journal.says(said, "systemd", "init.scope", NOTICE)
            self.journal.says(f"{unit}: Failed with result 'signal'.", "systemd", "init.scope", WARNING)


class PlainHosts:
    """Hosts on one bridge while a block lasts, at `base` followed by 11, 12 and so on."""

    def __init__(self, names: tuple[str, ...], base: str, folder: Path) -> None:
        self._names, self._base, self._folder = names, base, folder
        self._stack = ExitStack()
        self.hosts: list[Host] = []

    def __enter__(self) -> Self:
        with self._stack:
            switch = _namespace(self._stack)
            at = ("nsenter", f"--net=/proc/{switch}/ns/net", "ip", "link")
            run(*at, "add", "br0", "type", "bridge")
            run(*at, "set", "br0", "up")
            for number, name in enumerate(self._names):
                self.hosts.append(self._host(name, number, switch))
            self._stack = self._stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        for host in self.hosts:
            if host.service is not None:
                host.service.kill()
                host.service.wait()
        self._stack.close()

    def _host(self, name: str, number: int, switch: str) -> Host:
        host = Host(name, f"{self._base}{11 + number}", f"port{number}", _namespace(self._stack), switch, Journal(name))
        host.on_switch("ip", "link", "add", host.port, "type", "veth", "peer", "eth0", "netns", host.namespace)
        host.on_switch("ip", "link", "set", host.port, "master", "br0", "up")
        run(*host.inside("ip", "addr", "add", f"{host.address}/24", "dev", "eth0"))
        for card in ("lo", "eth0"):
            run(*host.inside("ip", "link", "set", card, "up"))
        return host

    def capture(self, host: Host, name: str, card: str) -> None:
        """Have tcpdump write what passes a card of a host until the block is over."""
        tool = ["tcpdump", "-n", "-i", card, "-s", "256", "-U", "-Z", "root", "-w", str(self._folder / name)]
        dump = subprocess.Popen(host.inside(*tool), stderr=subprocess.DEVNULL)
        self._stack.callback(dump.wait)
        self._stack.callback(dump.send_signal, signal.SIGINT)
