"""Counts what comes to UDP ports of a place and answers nothing: a server that is there and does not serve."""

from __future__ import annotations

import selectors
import socket
import threading
from collections import Counter
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from harness.provisioning.daemons import Place

LONGEST = 1 << 16


class UdpSink:
    """Counts datagrams by their port, in a thread, until it is closed."""

    def __init__(self, place: Place, ports: Sequence[int]) -> None:
        """Open the ports. Raises `OSError` where one is taken."""
        self._heard: Counter[int] = Counter()
        self._sockets = place.run(lambda: _open(ports))
        self._stop, stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._listen, args=(stopped,), name="harness-udp-sink", daemon=True)
        self._thread.start()

    def heard(self) -> Mapping[int, int]:
        """Return how many datagrams came to each port."""
        return dict(self._heard)

    def close(self) -> None:
        """Close the ports; closing twice is harmless."""
        self._stop.close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _listen(self, stopped: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(stopped, selectors.EVENT_READ, None)
            for port, one in self._sockets.items():
                selector.register(one, selectors.EVENT_READ, port)
            while all(self._hear(key.data) for key, _ in selector.select()):
                pass
        for one in (stopped, *self._sockets.values()):
            one.close()

    def _hear(self, port: int | None) -> bool:
        """Take a datagram from a port; returns whether there was one, and not the end."""
        if port is None:
            return False
        self._sockets[port].recv(LONGEST)
        self._heard[port] += 1
        return True


def _open(ports: Sequence[int]) -> dict[int, socket.socket]:
    opened: dict[int, socket.socket] = {}
    try:
        for port in ports:
            opened[port] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            opened[port].bind(("", port))
    except OSError:
        for one in opened.values():
            one.close()
        raise
    return opened
