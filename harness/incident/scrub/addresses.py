"""Addresses that stand for others: networks get other numbers, and what is one network stays one.

IPv4: the network's part is replaced bit by bit, each by all those before it (as Crypto-PAn does, Xu et al. 2002), so
two addresses share as long a prefix as before; the host's part stays, so that gateways, broadcasts and ranges do.
Private networks stay private. IPv6: the prefix is replaced, an interface identifier keeps its last 24 bits, as they are
in multicast groups too. MAC: another manufacturer, locally administered; the card's own number stays, but where it was
given after an IPv4 address (as containers' and our own are): then it follows that, and so does the card's IPv6 group.
"""

from __future__ import annotations

import contextlib
from ipaddress import IPv4Address, IPv4Network, IPv6Address
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from harness.incident.scrub.key import Key

NETWORK = 24
"""How long the network's part of an IPv4 address is where nobody says it."""

WIDEST = 16
"""How long it is at least: a wider network is a route, or several of the private ones."""

LEAST = 8
"""Bits of an address that are replaced at least."""

KEPT = tuple(IPv4Network(one) for one in ("0.0.0.0/8", "127.0.0.0/8", "224.0.0.0/3"))
SPECIAL = tuple(
    IPv4Network(one) for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16")
)
"""Networks that an address does not leave (RFC 1918, 6598, 3927)."""

MOST_TRIES = 4096
LOCAL, GROUP = 0x02, 0x01
"""Bits of a MAC address's first octet: administered locally; a group's."""

VIRTUAL_ROUTERS = (b"\x00\x00\x5e\x00\x01", b"\x00\x00\x5e\x00\x02")
"""RFC 9568, section 7.3: the rest is the virtual router's number."""

EUI_64 = b"\xff\xfe"
NODES_OF_IPV6 = IPv6Address("ff02::1:ff00:0").packed[:13]
NODES_OF_MAC = b"\x33\x33\xff"
"""How the groups begin in which a neighbour is asked for (RFC 4291, 2464); the rest is the end of its address."""

LINK_LOCAL = b"\xfe\x80"
SMALL = 1 << 16
"""Interface identifiers below it were given by hand, and say no more than a host's number in IPv4."""


class Addresses:
    """What stands for each address. Before `prepare` addresses are only gathered, and stand for themselves."""

    def __init__(self, key: Key) -> None:
        self._key = key
        self._salt: int | None = None
        self._lengths: dict[int, set[int]] = {}
        self._networks: set[IPv4Network] = set()
        self._in_text: set[IPv4Address] = set()
        self._v4: dict[bytes, bytes] = {}
        self._v6: dict[bytes, bytes] = {}
        self._mac: dict[bytes, bytes] = {}
        self._met: frozenset[bytes] = frozenset()
        self._given: list[bytes] = []

    def network(self, network: IPv4Network) -> None:
        """Take notice of a network, whose hosts keep their numbers; those of smaller ones than usual do anyway."""
        fixed = _fixed(network.network_address)
        if fixed is not None and max(fixed + LEAST, WIDEST) <= network.prefixlen < NETWORK:
            self._networks.add(network)

    def shown(self, address: str) -> None:
        """Take notice of an address that stands as text where there is no room for a longer one."""
        with contextlib.suppress(ValueError):
            self._in_text.add(IPv4Address(address))

    def prepare(self) -> None:
        """Choose what stands for the gathered addresses: no network becomes another one of the incident's own.

        Where that can't be had otherwise, texts get no room, and then wide networks are not kept together. Raises
        `ValueError` where there are too many networks even for that.
        """
        addresses = [int.from_bytes(one) for one in self._v4]
        originals = {one >> 8 for one in addresses if _fixed(IPv4Address(one)) is not None}
        for tight, networks in ((True, self._networks), (False, self._networks), (False, set[IPv4Network]())):
            self._lengths = {}
            for one in networks:
                self._lengths.setdefault(one.prefixlen, set()).add(int(one.network_address) >> (32 - one.prefixlen))
            for salt in range(MOST_TRIES):
                self._salt = salt
                if self._fits(originals, tight=tight):
                    self._met = frozenset(self._mac)
                    self._given = [one[2:] for one in self._mac if one[2:] in self._v4]
                    for known in (self._v4, self._v6, self._mac):
                        known.clear()
                    return
        raise ValueError(f"{len(originals)} networks are too many to give each another number")

    def v4(self, octets: bytes) -> bytes:
        """Return the IPv4 address that stands for another."""
        known = self._v4.get(octets)
        if known is None:
            known = self._v4[octets] = self._replaced(int.from_bytes(octets)).to_bytes(4)
        return known

    def v6(self, octets: bytes) -> bytes:
        """Return the IPv6 address that stands for another."""
        known = self._v6.get(octets)
        if known is None:
            known = self._v6[octets] = octets if self._salt is None else self._replaced_6(octets)
        return known

    def mac(self, octets: bytes) -> bytes:
        """Return the MAC address that stands for another."""
        known = self._mac.get(octets)
        if known is None:
            known = self._mac[octets] = octets if self._salt is None else self._replaced_mac(octets)
        return known

    def knows(self, octets: bytes) -> bool:
        """Whether a MAC address was met before, now or while everything was gathered."""
        return octets in self._mac or octets in self._met

    def stands_for_one(self, octets: bytes) -> bool:
        """Whether a MAC address stands for another one, or for itself."""
        return octets in self._mac.values()

    @property
    def originals(self) -> tuple[Collection[bytes], Collection[bytes], Collection[bytes]]:
        """The IPv4, IPv6 and MAC addresses that something else stands for."""
        return tuple([one for one, other in known.items() if one != other] for known in (self._v4, self._v6, self._mac))  # type: ignore[return-value]

    def _fits(self, originals: Collection[int], *, tight: bool) -> bool:
        """Whether the present choice is one, and texts have room for it where that is asked for."""
        if tight and any(
            len(str(IPv4Address(self._replaced(int(one))))) > len(str(one)) for one in sorted(self._in_text)
        ):
            return False
        return all(self._replaced(one << 8) >> 8 not in originals for one in originals)

    def _replaced(self, address: int) -> int:
        fixed = _fixed(IPv4Address(address))
        if self._salt is None or fixed is None:
            return address
        found = address
        if not fixed:
            first = self._public(address >> 24)
            found = first << 24 | address & 0xFFFFFF
            fixed = 8 if first != address >> 24 else 16
        for depth in range(fixed, self._length(address)):
            before = address >> (32 - depth)
            said = self._salt.to_bytes(4) + bytes((depth,)) + before.to_bytes(4)
            found ^= (self._key.noise("ipv4", said, 1)[0] & 1) << (31 - depth)
        return found

    def _length(self, address: int) -> int:
        """Return how long the network's part of an address is: that of the widest network it is known to be in."""
        return next(
            (length for length in sorted(self._lengths) if address >> (32 - length) in self._lengths[length]), NETWORK
        )

    def _public(self, octet: int) -> int:
        """Return the first octet that stands for that of a public address; one with a private network in it stays."""
        mixed = {int(one.network_address) >> 24 for one in (*KEPT, *SPECIAL)} | set(range(224, 256))
        if octet in mixed:
            return octet
        order = sorted(set(range(256)) - mixed, key=lambda one: self._key.noise("public", bytes((one,)), 8))
        return order[(order.index(octet) + 1) % len(order)]

    def _replaced_6(self, octets: bytes) -> bytes:
        address = IPv6Address(octets)
        host = octets[8:]
        if address.ipv4_mapped is not None:
            return octets[:12] + self.v4(octets[12:])
        if octets.startswith(NODES_OF_IPV6):
            return NODES_OF_IPV6 + self._number(octets[13:])
        if address.is_multicast or not int(address) >> 16:
            return octets
        if octets[:2] == LINK_LOCAL:
            return octets[:8] + self._identifier(host)
        site = octets[:1] + self._key.noise("site", octets[:6], 5)
        return site + self._key.noise("subnet", octets[:8], 2) + self._identifier(host)

    def _identifier(self, octets: bytes) -> bytes:
        if int.from_bytes(octets) < SMALL:
            return octets
        if octets[3:5] == EUI_64:
            mac = self.mac(bytes((octets[0] ^ LOCAL,)) + octets[1:3] + octets[5:])
            return bytes((mac[0] ^ LOCAL,)) + mac[1:3] + EUI_64 + mac[3:]
        return self._key.noise("identifier", octets, 5) + octets[5:]

    def _replaced_mac(self, octets: bytes) -> bytes:
        if octets.startswith(NODES_OF_MAC):
            return NODES_OF_MAC + self._number(octets[3:])
        if octets[0] & GROUP or octets == bytes(6) or octets.startswith(VIRTUAL_ROUTERS):
            return octets
        first, *others = self._key.noise("mac", octets[:3], 3)
        if octets[2:] in self._given:
            return bytes((first & ~GROUP | LOCAL, others[0])) + self.v4(octets[2:])
        return bytes((first & ~GROUP | LOCAL, *others)) + octets[3:]

    def _number(self, octets: bytes) -> bytes:
        """Return what stands for the last three octets of an address."""
        return next((self.v4(one)[1:] for one in self._given if one[1:] == octets), octets)


def _fixed(address: IPv4Address) -> int | None:
    """Return how many leading bits of an address stay, 0 for a public one, None where all of it stays."""
    if any(address in one for one in KEPT):
        return None
    return next((one.prefixlen for one in SPECIAL if address in one), 0)
