"""Ask a boot server again, frame by frame, what a machine asked in a capture, and compare the answers.

Every question is sent from the client's own MAC address, with its ports and its payload as recorded. Only what has to
be is adapted, and told: where a server's address, or the one that it leases, is another one now. IP and TCP headers are
made anew, since checksums in captures are often those before the card filled them in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.incident.replay.client import Client
from harness.incident.replay.comparison import Comparison
from harness.incident.replay.seat import Seat
from harness.units import seconds

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.incident.replay.dialogue import Dialogue
    from harness.sandbox.netns import NetworkNamespace

WITHIN = 3 * seconds


def replay(
    dialogue: Dialogue,
    place: NetworkNamespace,
    interface: str,
    *,
    server: IPv4Address | None = None,
    within: timedelta = WITHIN,
    stand_ins: Collection[str] = (),
) -> Comparison:
    """Ask everything of a dialogue again, in order, on the segment of an interface, and compare what is answered.

    The interface is up, without a tag on the boot server's VLAN, and does not have the client's address; it needs none.
    `server` is the boot server's address, for what a client asks without being sent there by DHCP. Each answer that was
    recorded is waited for `within` so long. `stand_ins` are questions, such as ``GET /vmlinuz``, to which the boot
    server is known to answer with another file: its size and content are excused. Raises `OSError` where there is no
    such interface.
    """
    with Seat(place, interface) as seat:
        client = Client(dialogue, seat, server=server, within=within, stand_ins=stand_ins)
        try:
            steps = tuple(client.ask(exchange) for exchange in dialogue.exchanges)
        finally:
            client.leave()
    return Comparison(dialogue.file, dialogue.client, steps, dialogue.notes)
