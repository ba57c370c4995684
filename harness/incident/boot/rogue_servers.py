"""A second DHCP server, told from the right one. Pure."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import DhcpAck, DhcpDiscover, DhcpOffer
from harness.capture.naming import EVERYONE
from harness.faults.rogue_dhcp import RogueDhcp
from harness.incident.boot.address_probes import address_probes
from harness.incident.boot.asks import PATIENCE
from harness.incident.citing import decoded, seen
from harness.incident.finding import Finding
from harness.incident.observation import Observation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from harness.incident.record import Heard, Record

USUAL_POOL = 10
LARGEST_POOL = 64
SURE = 2
"""How many clients' searches it leaves unanswered once it is gone."""
PROBING = 3 * NANO
"""For so long a server may look whether an address is free, and answer nobody."""
SETTLED = NANO
"""A server that is there so soon after the evidence begins has been there before."""


def find(record: Record) -> Iterator[Finding | Observation]:
    """Yield each DHCP server beside the right one; one like the right one is its twin, and no rogue."""
    answers = dhcp_servers(record)
    if len(answers) < 2:  # noqa: PLR2004 - one is as it should be
        return
    right = right_server(record, answers)
    for server, own in answers.items():
        if server == right:
            continue
        if _alike(own, answers[right]):
            what = f"a second DHCP server, which offers the same as {right}"
            yield Observation(what, server, own[0].time, own[-1].time, (decoded(own[0]), decoded(answers[right][0])))
        else:
            yield _rogue(record, server, own, answers[right])


def right_server(record: Record, answers: Mapping[str, Sequence[Heard]]) -> str:
    """Return which server is meant to answer: the topology's, else that which says what to boot, else the first.

    It is empty where none answers.
    """
    boot = record.topology.boot_server
    if boot is not None and str(boot.address) in answers:
        return str(boot.address)
    boots = [server for server, own in answers.items() if any(_boots(one) for one in own)]
    return min(boots or answers, key=lambda server: answers[server][0].time, default="")


def dhcp_servers(record: Record) -> dict[str, list[Heard]]:
    """Return the offers and acknowledgements of each server; what offers no address is a proxy for boot files."""
    found: defaultdict[str, list[Heard]] = defaultdict(list)
    for one in record.heard:
        event = one.event
        if isinstance(event, DhcpOffer | DhcpAck) and event.server is not None and event.your_address is not None:
            found[str(event.server)].append(one)
    return dict(found)


def _alike(own: Sequence[Heard], right: Sequence[Heard]) -> bool:
    return bool({_offer(one) for one in own} & {_offer(one) for one in right})


def _offer(one: Heard) -> tuple[object, ...]:
    """Return what a server says beside the address: the gateway, name servers, and what to boot."""
    event = one.event
    if not isinstance(event, DhcpOffer | DhcpAck):
        return ()
    return (event.option(3), event.option(6), event.boot_file, event.user_class)


def _boots(one: Heard) -> bool:
    return bool(getattr(one.event, "boot_file", ""))


def _rogue(record: Record, server: str, own: Sequence[Heard], right: Sequence[Heard]) -> Finding:
    """Return when a server was there: from its first frame that is not from before a search that it left unanswered.

    It was there until its last frame, but for those after the first search that it leaves unanswered.
    """
    macs = {one.event.sent_by for one in own}
    frames = [packet for packet in record.packets if packet.src_mac in macs]
    before, after = _ignored(record, own)
    new = [one for one in frames if one.time > max([record.began + SETTLED, *before])]
    settled = not before and bool(frames) and frames[0].time < record.began + SETTLED
    began = own[0].time if settled or not new else min(new[0].time, own[0].time)
    until = after[0] if after else record.ended
    probes = address_probes(record.heard).get(server, ())
    signs = [*(one.time for one in frames if one.time <= until), *(one for one in probes if one <= until + PROBING)]
    last = max([own[-1].time, *signs])
    gone = len(after) >= SURE or any(time > own[-1].time + NANO for time in after)
    cited = [decoded(own[0]), decoded(right[0], f"the right server's answer: {right[0].event.kind}")]
    if new:
        cited.append(seen(new[0], f"the first frame of {server} ({new[0].src_mac})"))
    fault = RogueDhcp(server, _pool(server, own))
    return Finding(fault, began, last if gone else None, tuple(cited), 0.9 if gone else 0.8)


def _ignored(record: Record, own: Sequence[Heard]) -> tuple[list[int], list[int]]:
    """Return when clients searched whom a server did not answer, before its first answer and after its last.

    Those of clients whom it never was seen to answer do not count, unless it answers everybody by broadcast: what it
    says to one of them may pass no capture.
    """
    answers: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for one in own:
        if isinstance(one.event, DhcpOffer | DhcpAck):
            answers[one.event.client, one.event.transaction].append(one.time)
    clients = {client for client, _ in answers}
    to_all = len(clients) >= SURE and all(one.event.sent_to == EVERYONE for one in own)
    ignored: list[int] = []
    for one in record.heard:
        event = one.event
        if isinstance(event, DhcpDiscover) and (event.client in clients or (to_all and event.broadcast)):
            known = answers.get((event.client, event.transaction), ())
            if not any(0 <= time - one.time <= PATIENCE for time in known):
                ignored.append(one.time)
    return [one for one in ignored if one < own[0].time], [one for one in ignored if one > own[-1].time]


def _pool(server: str, own: Sequence[Heard]) -> int:
    """Return how many addresses after its own it gives away, as far as was seen."""
    offers = [getattr(one.event, "your_address", None) for one in own]
    after = [int(address) - int(IPv4Address(server)) for address in offers if address is not None]
    return max([USUAL_POOL, *(one for one in after if 0 < one <= LARGEST_POOL)])
