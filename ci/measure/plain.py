"""Incidents that owe nothing to the harness: etcd as Debian has it, in plain namespaces, captured by tcpdump."""

from __future__ import annotations

import json
import shutil
import signal
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from harness.errors import HostError, Missing
from harness.units import seconds
from measure.incidents import wait
from measure.plain_hosts import PlainHosts, run

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta
    from pathlib import Path

    from measure.plain_hosts import Host

    Deed: TypeAlias = Callable[[], None]

NAMES = ("db-a", "kv2.dc1.example", "db-c")
BASE = "10.91.7."
SETTLE, LEAD, TAIL = 5 * seconds, 5 * seconds, 12 * seconds
TOOLS = ("etcd", "tcpdump", "iptables", "nsenter", "unshare", "ip")
SHIFTS: Mapping[str, tuple[float, float]] = {"db-a.pcap": (-33.0, 40.0), "db-c-any.pcap": (95.0, -100.0)}
"""Seconds by which the clock of each capture is ahead, and its drift in ppm."""
LOAD = """
import base64, itertools, json, sys, time, urllib.request
for number in itertools.count():
    put = json.dumps({"key": base64.b64encode(b"k%d" % (number % 50)).decode(), "value": "eA=="}).encode()
    try:
        urllib.request.urlopen(f"http://{sys.argv[1 + number % 2]}:2379/v3/kv/put", put, timeout=2).read()
    except OSError:
        pass
    time.sleep(0.1)
"""
"""Clients of two members: one request after the other, ten a second at most."""


@dataclass(frozen=True)
class Plain:
    """What happens to the second of three hosts, in the schedule's words, and for how many seconds; none for nothing.

    A flap is cut for half of each of its periods.
    """

    name: str
    fault: str = ""
    lasts: float = 8.0

    @property
    def schedule(self) -> str:
        """The line that does the same; empty for none."""
        if not self.fault:
            return ""
        return f"at 0s {self.fault}" + ("" if self.fault.startswith("kill") else f" for {self.lasts:g}s")


PLAIN = (
    Plain("plain-clean"),
    Plain("plain-isolate", "isolate kv2"),
    Plain("plain-filter", "deafen kv2 db-c"),
    Plain("plain-port", "drop kv2 tcp port=2380"),
    Plain("plain-kill", "kill kv2 etcd", 3.0),
    Plain("plain-stop", "pause-process kv2 etcd"),
    Plain("plain-flap", "flap kv2 every=2400ms", 9.6),
)


def make(one: Plain, folder: Path) -> Path:
    """Make an incident in ``FOLDER/NAME``, the truth beside it; return its folder. Raises `HostError`."""
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        raise HostError(Missing(f"the programs {', '.join(missing)}", "ci/setup"))
    target = folder / one.name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    data = folder / f"{one.name}.data"
    with PlainHosts(NAMES, BASE, target) as plain:
        first, hit, last = plain.hosts
        plain.capture(first, "db-a.pcap", "eth0")
        plain.capture(last, "db-c-any.pcap", "any")
        wait(1 * seconds)
        for host in plain.hosts:
            start(host, plain.hosts, data)
        wait(SETTLE)
        client = subprocess.Popen(first.inside(sys.executable, "-c", LOAD, first.address, last.address))
        try:
            wait(LEAD)
            steps = [_injected(one, hit, last, lambda: start(hit, plain.hosts, data))] if one.fault else []
            wait(TAIL)
        finally:
            client.kill()
            client.wait()
        journals = {host.name: host.journal for host in plain.hosts}
        for name, journal in journals.items():
            journal.write(target / f"{name}.json")
    shutil.rmtree(data, ignore_errors=True)
    for name, (ahead, ppm) in SHIFTS.items():
        shift(target / name, ahead, ppm)
    (folder / f"{one.name}.truth").write_text(f"{json.dumps({'steps': steps}, indent=1)}\n")
    return target


def start(host: Host, hosts: Sequence[Host], data: Path) -> None:
    """Start etcd with its default timers."""
    name = host.name.partition(".")[0]
    peers = ",".join(f"{one.name.partition('.')[0]}=http://{one.address}:2380" for one in hosts)
    peer, client = (f"http://{host.address}:{port}" for port in (2380, 2379))
    options = {
        "name": name,
        "data-dir": str(data / name),
        "listen-peer-urls": peer,
        "initial-advertise-peer-urls": peer,
        "listen-client-urls": client,
        "advertise-client-urls": client,
        "initial-cluster": peers,
    }
    host.start("etcd", "etcd", *(f"--{option}={value}" for option, value in options.items()))


def _injected(one: Plain, hit: Host, other: Host, restart: Callable[[], None]) -> dict[str, object]:
    """Do what happens to a host, and return the truth of it."""
    began, over = _deeds(one, hit, other, restart)
    injected = time.time_ns()
    began()
    in_force = time.time_ns()
    _let_pass(one, hit)
    healing = time.time_ns()
    over()
    moments = {"injected": injected, "began": in_force, "healing": healing, "ended": time.time_ns()}
    return {"fault": one.fault, "line": one.schedule, **moments}


def _deeds(one: Plain, hit: Host, other: Host, restart: Callable[[], None]) -> tuple[Deed, Deed]:
    """Return what begins a fault and what ends it, by ordinary means."""
    match one.fault.split()[0]:
        case "isolate":
            return _cable(hit, "nomaster"), _cable(hit, "master", "br0")
        case "flap":
            return _cable(hit, "down"), _cable(hit, "up")
        case "deafen":
            return _filter(hit, f"-A INPUT -s {other.address} -j DROP"), _filter(hit, "-F")
        case "drop":
            rules = [f"-A {way} -p tcp --{end}port 2380 -j DROP" for way in ("INPUT", "OUTPUT") for end in "ds"]
            return _filter(hit, *rules), _filter(hit, "-F")
        case "pause-process":
            return _signal(hit, signal.SIGSTOP), _signal(hit, signal.SIGCONT)
    return _signal(hit, signal.SIGKILL), restart


def _cable(hit: Host, *state: str) -> Deed:
    return lambda: hit.on_switch("ip", "link", "set", hit.port, *state)


def _filter(hit: Host, *rules: str) -> Deed:
    def act() -> None:
        for rule in rules:
            run(*hit.inside("iptables", *rule.split()))

    return act


def _signal(hit: Host, number: signal.Signals) -> Deed:
    def act() -> None:
        assert hit.service is not None  # noqa: S101 - it was started with all the others
        hit.service.send_signal(number)

    return act


def _let_pass(one: Plain, hit: Host) -> None:
    if not one.fault.startswith("flap"):
        wait(one.lasts * seconds)
        return
    half: timedelta = 1.2 * seconds
    for number in range(round(one.lasts * seconds / half) - 1):
        wait(half)
        hit.on_switch("ip", "link", "set", hit.port, "down" if number % 2 else "up")
    wait(half)


def shift(path: Path, ahead: float, ppm: float) -> None:
    """Set a capture's clock ahead by seconds, and have it drift, by hand: a pcap of microseconds, in this order."""
    data = bytearray(path.read_bytes())
    place, first = 24, None
    while place + 16 <= len(data):
        second, micro, kept = struct.unpack_from("<III", data, place)
        time_us = second * 10**6 + micro
        first = time_us if first is None else first
        moved = round(time_us + ahead * 10**6 + (time_us - first) * ppm / 10**6)
        struct.pack_into("<II", data, place, *divmod(moved, 10**6))
        place += 16 + kept
    path.write_bytes(data)
