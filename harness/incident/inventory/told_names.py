"""What journals' lines tell of names and addresses: a machine's own addresses, and the members of its cluster."""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ADDRESS = r"((?:\d{1,3}\.){3}\d{1,3}|\[[0-9a-fA-F:]{3,39}\])"
"""IPv4, or IPv6 in brackets, as URLs have it (RFC 3986)."""
URL = rf"(?:https?://)?{ADDRESS}(?!\d)"
OWN = re.compile(
    r"(?:advertise[-_ ](?:client|peer)[-_ ]urls?|listen[-_ ](?:client|peer)[-_ ]urls?|bind[-_ ]addr(?:ess)?"
    r"|advertise[-_ ]addr|server listening on|serving \w+ (?:traffic|requests?)(?: \w+)? on|bound to|leased"
    r"|DHCPv4 address|sent size:.* server-identifier|The network interface|serving client traffic securely\",\"address)"
    rf"[\s=:\"'\[]{{1,8}}{URL}",
    re.IGNORECASE,
)
LOCAL_END = re.compile(rf"\b(?:read|write) (?:tcp|udp) {ADDRESS}:\d+->")
NAMED = re.compile(rf"(?:\b|\")([A-Za-z0-9][A-Za-z0-9._-]*)=https?://{ADDRESS}:\d+")
JOINED = re.compile(rf"EventMember(?:Join|Update): (\S+) {ADDRESS}\b")
PEER = re.compile(rf"\"added-peer-id\":\"([0-9a-f]+)\".*?\"added-peer-peer-urls\":\[\"https?://{ADDRESS}:")
ADDED = re.compile(rf"\badded member ([0-9a-f]+) \[https?://{ADDRESS}:")
OWN_MEMBER = re.compile(r"\"local-member-id\":\"([0-9a-f]+)\"")
MAC = r"((?:[0-9a-f]{2}:){5}[0-9a-f]{2})"
LEASE = re.compile(rf"DHCPACK(?:\(\S+\)| on) {ADDRESS} (?:to )?{MAC}(?: \(?([\w.-]+))?")
NOBODY = ("127.", "0.", "255.", "224.", "169.254.")
HEARTBEAT = re.compile(r"(?:heartbeat[-_]interval|heartbeat)\"?[ =:\"]{1,4}(\d+)\s?(ms|s\b|\")?", re.IGNORECASE)
ELECTION = re.compile(r"(?:election[-_]timeout|election)\"?[ =:\"]{1,4}(\d+)\s?(ms|s\b|\")?", re.IGNORECASE)


def own_addresses(message: str) -> Iterator[str]:
    """Yield the addresses that a machine says are its own; Go names a connection by its own end first."""
    every = (plain(found) for found in (*OWN.findall(message), *LOCAL_END.findall(message)))
    yield from (found for found in every if is_somebody(found))


def members(message: str) -> Iterator[tuple[str, str]]:
    """Yield the names of members, each with its address."""
    if "=http" in message or "EventMember" in message:
        for name, told in (*NAMED.findall(message), *JOINED.findall(message)):
            address = plain(told)
            if is_somebody(address) and "url" not in name.lower():  # an option, as in ETCD_LISTEN_PEER_URLS=http://…
                yield name, address


def leases(message: str) -> Iterator[tuple[str, str, str]]:
    """Yield what a DHCP server (dnsmasq, ISC) granted: the address, the card's MAC address, the name or nothing."""
    if "DHCPACK" in message:
        yield from LEASE.findall(message)


def peers(message: str) -> Iterator[tuple[str, str]]:
    """Yield the identifiers of members, each with its address."""
    if "added-peer-id" in message or "added member" in message:
        for pattern in (PEER, ADDED):
            yield from ((member, plain(address)) for member, address in pattern.findall(message))


def own_member(message: str) -> str | None:
    """Return the identifier that a machine has as a member, None where the line does not say."""
    found = OWN_MEMBER.search(message) if "local-member-id" in message else None
    return found[1] if found else None


def timers(messages: Iterable[str]) -> tuple[int | None, int | None]:
    """Return etcd's heartbeat interval and its election timeout, in milliseconds, None where no line says so."""
    heartbeat = election = None
    for message in messages:
        lowered = message.lower()
        if "heartbeat" in lowered and heartbeat is None:
            heartbeat = _milliseconds(HEARTBEAT.search(message))
        if "election" in lowered and election is None:
            election = _milliseconds(ELECTION.search(message))
        if heartbeat and election:
            break
    return heartbeat, election


def _milliseconds(found: re.Match[str] | None) -> int | None:
    if found is None:
        return None
    return int(found[1]) * (1000 if found[2] == "s" else 1)


def plain(address: str) -> str:
    """Return an address as captures have it: IPv6 without brackets, in its shortest form (RFC 5952)."""
    if not address.startswith("["):
        return address
    try:
        return str(IPv6Address(address[1:-1]))
    except ValueError:
        return ""


def is_somebody(address: str) -> bool:
    """Whether an address may be one machine's on a network; of IPv6, beyond its own link."""
    if ":" in address:
        return _is_global(address)
    parts = [int(part) for part in address.split(".") if part.isdecimal()]
    return len(parts) == 4 and max(parts) < 256 and not address.startswith(NOBODY) and parts[0] < 224  # noqa: PLR2004 - IPv4


def _is_global(address: str) -> bool:
    try:
        six = IPv6Address(address)
    except ValueError:
        return False
    return not (six.is_multicast or six.is_loopback or six.is_unspecified or six.is_link_local)
