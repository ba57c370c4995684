"""A machine that boots from the network as a captured one did: it goes on where it is answered, else begins again."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from harness.incident.replay.client import Client
from harness.incident.replay.comparison import Outcome
from harness.incident.replay.seat import Seat
from harness.sandbox.waiting import wait_until
from harness.units import milliseconds, seconds

if TYPE_CHECKING:
    from datetime import timedelta

    from harness.incident.replay.dialogue import Dialogue
    from harness.sandbox.netns import NetworkNamespace

ATTEMPTS = 3
"""How often a question is asked that nobody answers, before the machine begins again."""

ANSWERED_WITHIN = 700 * milliseconds
AGAIN = 0.2
"""Seconds between two boots."""
ENDS_WITHIN = 30.0


class BootClient:
    """Boots over and over while a block lasts. `booted` is how often it came to the end.

    It speaks from an interface of a namespace, which loses its addresses for that: a machine that boots has none. It
    waits for each answer `within` so long.
    """

    def __init__(
        self, dialogue: Dialogue, place: NetworkNamespace, interface: str, *, within: timedelta = ANSWERED_WITHIN
    ) -> None:
        self.booted = 0
        self._dialogue = dialogue
        self._place = place
        self._interface = interface
        self._within = within
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="harness-boot-client", daemon=True)
        self._error: Exception | None = None

    def __enter__(self) -> Self:
        self._place.run(lambda: _without_addresses(self._interface))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop. Raises what went wrong meanwhile."""
        self._stop.set()
        self._thread.join(ENDS_WITHIN)
        if self._error is not None:
            raise self._error

    def wait_for_a_boot(self, within: timedelta) -> None:
        """Wait until a boot that begins from now on has come to its end. Raises `NotSeen`."""
        before = self.booted + 1  # the one that is under way may have begun earlier
        wait_until("a boot to its end", lambda: self._error or self.booted > before, within=within)

    def _run(self) -> None:
        try:
            with Seat(self._place, self._interface) as seat:
                while not self._stop.is_set():
                    self.booted += self._boot(seat)
                    self._stop.wait(AGAIN)
        except Exception as error:  # noqa: BLE001 - told when the block ends
            self._error = error

    def _boot(self, seat: Seat) -> bool:
        """Ask everything in order; say whether all was answered that was answered in the capture."""
        client = Client(self._dialogue, seat, server=None, within=self._within)
        try:
            for exchange in self._dialogue.exchanges:
                for _ in range(ATTEMPTS):
                    if self._stop.is_set():
                        return False
                    answers = client.ask(exchange).answers
                    if not exchange.answers or any(one.outcome is not Outcome.MISSING for one in answers):
                        break
                else:
                    return False
        finally:
            client.leave()
        return True


def _without_addresses(interface: str) -> None:
    from pyroute2 import IPRoute  # noqa: PLC0415 - netlink is loaded when it is needed

    with IPRoute() as netlink:
        netlink.flush_addr(index=netlink.link_lookup(ifname=interface)[0])


BOOTED_WITHIN = 20 * seconds
"""How long a boot may take of which nothing is wrong."""
