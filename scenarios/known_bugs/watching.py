"""One watch over all keys of an etcd member, through its JSON gateway."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import suppress
from http.client import HTTPException
from typing import TYPE_CHECKING, Self

from harness.checks.watches import Change
from harness.sandbox.waiting import wait_until
from harness.units import minutes, seconds
from known_bugs.etcd import decoded, encoded

if TYPE_CHECKING:
    from known_bugs.etcd import Member

EVERY_KEY = encoded("\0")
SILENT_FOR = 2 * minutes
IN_FORCE_WITHIN = 10 * seconds


class Watching:
    """A watch that is in force while a block lasts; `changes` grows in the background."""

    def __init__(self, member: Member) -> None:
        self.changes: list[Change] = []
        self._connection = member.connect(SILENT_FOR)
        self._in_force = threading.Event()
        self._thread = threading.Thread(target=self._read, name="harness-watching", daemon=True)

    def __enter__(self) -> Self:
        request = {"create_request": {"key": EVERY_KEY, "range_end": EVERY_KEY}}
        self._connection.request("POST", "/v3/watch", json.dumps(request))
        self._thread.start()
        wait_until("the watch to be in force", self._in_force.is_set, within=IN_FORCE_WITHIN)
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(IN_FORCE_WITHIN.total_seconds())
        self._connection.close()

    def _read(self) -> None:
        """Take what comes until the connection ends."""
        with suppress(OSError, HTTPException, ValueError):
            answer = self._connection.getresponse()
            while line := answer.readline():
                self._take(line)

    def _take(self, line: bytes) -> None:
        told = json.loads(line)["result"]
        if told.get("created"):
            self._in_force.set()
        for event in told.get("events", ()):
            kv = event["kv"]
            deleted = event.get("type") == "DELETE"
            version = 0 if deleted else int(kv["version"])
            self.changes.append(Change(decoded(kv["key"]), int(kv["mod_revision"]), version))
