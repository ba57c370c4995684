"""Looking at health endpoints: all connections first, and the questions when they are made.

etcd answers 200 where its members agree on something within a second, however slow they are. Right after a restore an
emulator has to translate everything that a machine does, TLS handshakes above all: who is asked while others shake
hands misses that second, and all has to be asked again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from harness.stacks.asking import at_once
from harness.stacks.protocol import Check
from harness.stacks.reference.node.https import OK, LastingEndpoint, NoAnswerError, NotSentError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.stacks.reference.node.https import Endpoint

PATH = "/health"


@dataclass(frozen=True)
class Place:
    """A health endpoint: of which service, on which machine, and how many seconds it has to connect, and to answer."""

    service: str
    machine: str
    endpoint: Endpoint
    timeout: float

    def check(self, *, healthy: bool, seen: str) -> Check:
        """Return what a look at it has shown."""
        return Check(self.service, self.machine, f"{self.endpoint}{PATH}", healthy=healthy, seen=seen)


def look(places: Sequence[Place]) -> list[Check]:
    """Look at each of them once, all at the same time, and return what was seen, in order. Raises nothing."""
    connected = at_once(_connect, places)
    return at_once(lambda one: _ask(*one), list(zip(places, connected, strict=True)))


def _connect(place: Place) -> LastingEndpoint | Check:
    """Return the endpoint with a connection that is ready, or why there is none."""
    lasting = LastingEndpoint(place.endpoint.host, place.endpoint.port, place.endpoint.trust)
    try:
        lasting.connect(place.timeout)
    except NotSentError as error:
        return place.check(healthy=False, seen=str(error))
    return lasting


def _ask(place: Place, connected: LastingEndpoint | Check) -> Check:
    if isinstance(connected, Check):
        return connected
    try:
        answer = connected.request("GET", PATH, timeout=place.timeout)
    except (NotSentError, NoAnswerError) as error:
        return place.check(healthy=False, seen=str(error))
    finally:
        connected.close()
    return place.check(healthy=answer.status == OK, seen=f"status {answer.status}: {answer.text()}")
