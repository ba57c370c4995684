"""Between which addresses members' streams are, as journals tell: by that they are known where Raft can't be read.

A capture that keeps little of each frame, or one of TLS, does not tell members, but who talks to whom at which port.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from harness.incident.clocks.marks import Key
    from harness.incident.entry import Entry

ADDRESS = r"((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-fA-F:]{3,39}\])"
OWN = re.compile(
    rf"(?:listening for peers on|advertise client URLs =|(?:listen-peer|advertise-peer|advertise-client)-urls\":\[\")"
    rf" ?(?:https?://)?{ADDRESS}:"
)
MEMBER = re.compile(rf"(?:\"added-peer-id\":\"|\badded member )([0-9a-f]+)[ \"].*?https?://{ADDRESS}:(\d+)")
OF_STREAMS = frozenset({"opened", "ended"})
OF_MEMBERS = 2
"""How long a key is that has what happened, and to which member."""


class Streams:
    """What the journals of all hosts tell of members and addresses."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._members: dict[int, tuple[str, int]] = {}
        self._own: defaultdict[str, set[str]] = defaultdict(set)
        for entry in entries:
            message = entry.message
            if "advertise" in message or "listen" in message:
                self._own[entry.host].update(address.strip("[]") for address in OWN.findall(message))
            if "added" in message:
                for member, address, port in MEMBER.findall(message):
                    self._members[int(member, 16)] = (address.strip("[]"), int(port))

    def known(self, host: str, keys: Iterable[Key]) -> Iterator[Key]:
        """Yield the keys of a line of a host's; what is about a stream also by the two addresses and the port."""
        for key in keys:
            yield key
            if key[0] in OF_STREAMS and len(key) == OF_MEMBERS and (told := self._members.get(int(key[1]))):
                address, port = told
                for own in sorted(self._own[host] - {address}):
                    yield key[0], *sorted((own, address)), port
