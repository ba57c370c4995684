"""Tells machines at once that there is no IPv6 router.

iPXE configures IPv4 and IPv6 side by side and waits for both. On a segment without an IPv6 router it solicits one for
about 15 s before it gives up, at each boot. An advertisement that offers nothing (RFC 4861, section 4.2: no router
lifetime, no prefix, no flags) ends that wait, and leaves every machine without IPv6 address or route, as it was.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.provisioning.daemons import Place

SOLICITATION, ADVERTISEMENT = 133, 134
ALL_NODES, ALL_ROUTERS = "ff02::1", "ff02::2"
HOP_LIMIT = 255
"""RFC 4861, section 6.1.2: anything else came over a router and is dropped."""

ICMP6_FILTER = 1
NOTHING = struct.pack("!BBHBBHII", ADVERTISEMENT, 0, 0, 0, 0, 0, 0, 0)


class NoRouter:
    """Answers router solicitations on one interface of a place, from `start` to `stop`, in a thread."""

    def __init__(self, place: Place, interface: str) -> None:
        self._place = place
        self._interface = interface
        self._stop: socket.socket | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to answer. Raises `OSError` where the kernel has no IPv6 or the interface does not exist."""
        raw = self._place.run(lambda: _open(self._interface))
        self._stop, stopped = socket.socketpair()
        self._thread = threading.Thread(target=_serve, args=(raw, stopped), name="harness-no-router", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Answer no more; stopping twice is harmless."""
        if self._stop is not None and self._thread is not None:
            self._stop.close()
            self._thread.join()
            self._stop = self._thread = None


def _serve(raw: socket.socket, stopped: socket.socket) -> None:
    """Answer until the other end of `stopped` is closed."""
    with raw, stopped, selectors.DefaultSelector() as selector:
        selector.register(raw, selectors.EVENT_READ)
        selector.register(stopped, selectors.EVENT_READ)
        while all(key.fileobj is raw for key, _ in selector.select()):
            _answer(raw)


def _open(interface: str) -> socket.socket:
    raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
    try:
        index = socket.if_nametoindex(interface)
        _allow_ipv6(Path(f"/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"))
        group = socket.inet_pton(socket.AF_INET6, ALL_ROUTERS) + struct.pack("@I", index)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        raw.setsockopt(socket.IPPROTO_ICMPV6, ICMP6_FILTER, _only(SOLICITATION))
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, group)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOP_LIMIT)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
        raw.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_LOOP, 0)
        raw.setblocking(False)
    except BaseException:
        raw.close()
        raise
    return raw


def _allow_ipv6(switch: Path) -> None:
    """Switch IPv6 on where whoever made the interface left it off, as networks of many machines do."""
    if switch.read_text().strip() != "0":
        switch.write_text("0")


def _answer(raw: socket.socket) -> None:
    try:
        raw.recv(1 << 11)
        raw.sendto(NOTHING, (ALL_NODES, 0))
    except OSError:
        # The interface has no link-local address yet, or is going: who solicits asks again.
        return


def _only(kind: int) -> bytes:
    """Return an ICMPv6 filter that passes one type (RFC 3542, section 3.2: a set bit blocks)."""
    words = [0xFFFF_FFFF] * 8
    words[kind >> 5] &= ~(1 << (kind & 31))
    return struct.pack("@8I", *words)
