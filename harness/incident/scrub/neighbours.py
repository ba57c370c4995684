"""ICMP and ICMPv6, neighbour discovery included: what is asked and answered stays, under other addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from harness.incident.scrub.payloads import Payloads

HEADER = 8
ERRORS = {4: frozenset({3, 5, 11, 12}), 6: frozenset({1, 2, 3, 4})}
ECHOES = {4: frozenset({0, 8}), 6: frozenset({128, 129})}
REDIRECT_4 = 5
ROUTER_SOLICITATION, ROUTER_ADVERTISEMENT, SOLICITATION, ADVERTISEMENT, REDIRECT = 133, 134, 135, 136, 137
FIXED = {ROUTER_SOLICITATION: 8, ROUTER_ADVERTISEMENT: 16, SOLICITATION: 24, ADVERTISEMENT: 24, REDIRECT: 40}
"""How long the messages of neighbour discovery are before their options (RFC 4861, section 4)."""

TARGETS = {SOLICITATION: (8,), ADVERTISEMENT: (8,), REDIRECT: (8, 24)}
SOURCE_MAC, TARGET_MAC, PREFIX, MTU, RDNSS = 1, 2, 3, 5, 25
LISTENERS, LISTENERS_2 = frozenset({130, 131, 132}), 143
UNIT = 8
IPV6 = 16


def scrub(
    data: bytearray,
    at: int,
    end: int,
    payloads: Payloads,
    quoted: Callable[[bytearray, int], None],
    *,
    version: int,
) -> None:
    """Scrub a message in place, but for its checksum; `quoted` scrubs the packet that an error is about."""
    if len(data) < at + HEADER:
        payloads.forget(data, at + 2)
        return
    kind = data[at]
    if kind in ERRORS[version]:
        if version == 4 and kind == REDIRECT_4:  # noqa: PLR2004 - the version
            payloads.address(data, at + 4, 4)
        quoted(data, at + HEADER)
    elif kind in ECHOES[version]:
        payloads.forget(data, at + HEADER)
    elif version == 6 and kind in FIXED:  # noqa: PLR2004 - as above
        _discovery(data, at, min(end, len(data)), kind, payloads)
    elif version == 6 and kind in LISTENERS:  # noqa: PLR2004 - as above
        payloads.address(data, at + HEADER, IPV6)
        payloads.forget(data, at + HEADER + IPV6)
    else:
        payloads.forget(data, at + HEADER)


def _discovery(data: bytearray, at: int, end: int, kind: int, payloads: Payloads) -> None:
    for target in TARGETS.get(kind, ()):
        payloads.address(data, at + target, IPV6)
    at += FIXED[kind]
    while at + 2 <= end and data[at + 1] and at + data[at + 1] * UNIT <= end:
        _option(data, at, at + data[at + 1] * UNIT, payloads)
        at += data[at + 1] * UNIT
    payloads.forget(data, at)


def _option(data: bytearray, at: int, end: int, payloads: Payloads) -> None:
    kind = data[at]
    if kind in (SOURCE_MAC, TARGET_MAC) and end - at == UNIT:
        data[at + 2 : end] = payloads.text.addresses.mac(bytes(data[at + 2 : end]))
    elif kind == PREFIX and end - at == 4 * UNIT:
        payloads.address(data, at + 16, IPV6)
    elif kind == RDNSS:
        for place in range(at + UNIT, end, IPV6):
            payloads.address(data, place, IPV6)
    elif kind != MTU:
        payloads.forget(data, at + 2, end)
