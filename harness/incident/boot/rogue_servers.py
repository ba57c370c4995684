"""A second DHCP server, told from the right one. Pure."""

from __future__ import annotations

from collections import defaultdict
from ipaddress import IPv4Address
from typing import TYPE_CHECKING

from harness.capture.describe import NANO
from harness.capture.events import DhcpAck, DhcpDiscover, DhcpOffer
from harness.faults.boot import RogueDhcp
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
    macs = {one.event.sent_by for one in own}
    frames = [packet for packet in record.packets if packet.src_mac in macs]
    settled = bool(frames) and frames[0].time < record.began + SETTLED
    began = own[0].time if settled or not frames else min(frames[0].time, own[0].time)
    last = max(own[-1].time, frames[-1].time if frames else own[-1].time)
    later = {one.event.transaction: one.time for one in record.heard if isinstance(one.event, DhcpDiscover)}
    asked = [time for time in later.values() if time > own[-1].time]
    gone = len(asked) >= SURE or any(time > own[-1].time + NANO for time in asked)
    cited = [decoded(own[0]), decoded(right[0], f"the right server's answer: {right[0].event.kind}")]
    if frames:
        cited.append(seen(frames[0], f"the first frame of {server} ({frames[0].src_mac})"))
    fault = RogueDhcp(server, _pool(server, own))
    return Finding(fault, began, last if gone else None, tuple(cited), 0.9 if gone else 0.8)


def _pool(server: str, own: Sequence[Heard]) -> int:
    """Return how many addresses after its own it gives away, as far as was seen."""
    offers = [getattr(one.event, "your_address", None) for one in own]
    after = [int(address) - int(IPv4Address(server)) for address in offers if address is not None]
    return max([USUAL_POOL, *(one for one in after if 0 < one <= LARGEST_POOL)])
