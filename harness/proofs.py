"""What a cluster that has come back has to show before a scenario gets it: it is healthy, and accepts a write.

A machine asks its own health endpoints, over connections that came back with its memory. A handshake with each of them
would take an emulator, which has translated nothing yet, longer than all the rest.
"""

from __future__ import annotations

import secrets
import socket
import struct
from typing import TYPE_CHECKING, Protocol

from harness.sandbox.waiting import wait_until
from harness.stacks.protocol import MaybeHappened, Unavailable
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import timedelta

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Health, KeyValue, Which

KEY = "harness/restored"
"""What is written."""
WITHIN = 20 * seconds
OK = 200
SSH = 22
RESET = struct.pack("ii", 1, 0)
"""Linger for no time at all: closing a socket resets its connection (socket(7), SO_LINGER)."""


class Examined(Protocol):
    """A cluster whose health can be looked at, of all its machines or of some."""

    def healthy(self, *, among: Collection[Which] | None = None) -> Health:
        """Look at every health endpoint once; see `harness.stacks.protocol.Cluster`."""


class Looking(Protocol):
    """What has a machine look at its own health; see `harness.machines.keeper.Keeper`."""

    def look(self, *, within: timedelta) -> Mapping[str, int]:
        """Return the HTTP status of each of its health endpoints, by service."""


def prove_own_health(name: str, machine: Looking, patience: Patience) -> bool:
    """Have every health endpoint of a machine answer 200 to that machine; False where it knows of none.

    Raises `harness.sandbox.waiting.NotSeen` with what each answers, and `harness.errors.LabError` where it can't be
    asked.
    """
    seen: list[Mapping[str, int]] = []

    def healthy() -> bool:
        seen.append(machine.look(within=WITHIN))
        return all(status == OK for status in seen[-1].values())

    what = f"every health endpoint of {name} to answer it 200"
    wait_until(what, healthy, within=WITHIN, patience=patience, show=lambda: dict(seen[-1]))
    return bool(seen[-1])


def prove_health(cluster: Examined, patience: Patience, members: Collection[Which] | None = None) -> None:
    """Have every health endpoint of some machines, or of all, answer 200; asked again is only who did not.

    Raises `harness.sandbox.waiting.NotSeen` with those that don't.
    """
    seen: list[Health] = []

    def healthy() -> bool:
        failing = {check.machine for check in seen[-1].failing} if seen else members
        seen.append(cluster.healthy(among=failing))
        return seen[-1].complete

    what = "every health endpoint to answer 200"
    wait_until(what, healthy, within=WITHIN, patience=patience, show=lambda: str(seen[-1]))


def prove_write(cluster: KeyValue, patience: Patience) -> None:
    """Have a write accepted: one that was refused is tried again, as whoever asked for it would.

    Raises `harness.sandbox.waiting.NotSeen` with the last reason.
    """
    refused = [""]

    def accepted() -> bool:
        try:
            return bool(cluster.put(KEY, secrets.token_hex(4), within=WITHIN))
        except (Unavailable, MaybeHappened) as reason:
            refused[0] = str(reason)
            return False

    wait_until("a write", accepted, within=WITHIN, patience=patience, show=lambda: refused[0])


def prove_listening(address: str, patience: Patience, port: int = SSH) -> None:
    """Have a port take a connection from outside, and end it before the program that listens there hears of it.

    For a client, TCP_DEFER_ACCEPT holds the handshake's last packet back, and what is sent then is a reset. An SSH
    server that hears of a connection starts a program for it, which an emulator has three times as much to do with as
    with all the rest. Raises `harness.sandbox.waiting.NotSeen` with what the last try met.
    """
    bound = patience.stretch(WITHIN).total_seconds()
    met: list[object] = [None]

    def listens() -> bool:
        with socket.socket() as plug:
            plug.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 1)
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            plug.settimeout(bound)
            try:
                plug.connect((address, port))
            except OSError as error:
                met[0] = error
                return False
        return True

    what = f"port {port} of {address} to take a connection"
    wait_until(what, listens, within=WITHIN, patience=patience, show=lambda: met[0])
