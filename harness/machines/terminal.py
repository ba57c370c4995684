"""Where people sit down at a machine's console: they see what it says from now on, and what they type goes to it."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RECENT = 4096
"""Bytes that whoever sits down is shown first: the prompt at which the machine waits is among them."""
AT_ONCE = 1 << 12


class Terminal:
    """A Unix socket for any number of people. Who does not read what is shown is sent away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._type: Callable[[bytes], None] = _nowhere
        self._recent = b""
        self._people: set[socket.socket] = set()
        self._change = threading.Lock()
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(str(path))
        self._server.listen()
        self._bell, self._ringer = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, name=f"terminal-{path.parent.name}", daemon=True)
        self._thread.start()

    def connect(self, keyboard: Callable[[bytes], None]) -> None:
        """Say what is done with what people type; until then it is lost."""
        self._type = keyboard

    def show(self, data: bytes) -> None:
        """Show everybody what the machine has just said."""
        with self._change:
            self._recent = (self._recent + data)[-RECENT:]
            for person in self._people:
                _show(person, data)

    def close(self) -> None:
        """Send everybody away."""
        self._ringer.close()
        self._thread.join()

    def _serve(self) -> None:
        with selectors.DefaultSelector() as selector, self._server, self._bell:
            selector.register(self._server, selectors.EVENT_READ)
            selector.register(self._bell, selectors.EVENT_READ)
            while ready := [key.fileobj for key, _ in selector.select()]:
                if self._bell in ready:
                    break
                for one in ready:
                    if one is self._server:
                        selector.register(self._welcome(), selectors.EVENT_READ)
                    elif isinstance(one, socket.socket) and not self._listen_to(one):
                        selector.unregister(one)
                        self._send_away(one)
        for person in tuple(self._people):
            self._send_away(person)

    def _welcome(self) -> socket.socket:
        person, _ = self._server.accept()
        person.setblocking(False)
        with self._change:
            self._people.add(person)
            _show(person, self._recent)
        return person

    def _listen_to(self, person: socket.socket) -> bool:
        """Pass on what somebody typed, and say whether they are still there."""
        try:
            typed = person.recv(AT_ONCE)
        except OSError:
            return False
        with contextlib.suppress(OSError):  # no machine is connected
            self._type(typed)
        return bool(typed)

    def _send_away(self, person: socket.socket) -> None:
        with self._change:
            self._people.discard(person)
        person.close()


def _show(person: socket.socket, data: bytes) -> None:
    try:
        whole = person.send(data) == len(data)
    except OSError:
        whole = False
    if not whole:
        with contextlib.suppress(OSError):
            person.shutdown(socket.SHUT_RDWR)  # whoever reads from it sees the end, and closes it


def _nowhere(_typed: bytes) -> None:
    pass
