"""Queueing disciplines on devices: what a link's direction does to its frames, and what it counted (tc(8))."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, NamedTuple

from harness.network.bridge.netem import Netem
from harness.network.bridge.netlink import CREATE, NLM_F_ECHO, REPLACE, Message, attribute, attributes, text

if TYPE_CHECKING:
    from harness.network.bridge.netlink import Netlink

RTM_NEWQDISC, RTM_GETQDISC, RTM_NEWTFILTER = 36, 38, 44
TC_H_ROOT, TC_H_CLSACT, TC_H_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1, 0xFFFFFFF2
CLSACT, NETEM = 0xFFFF0000, 0x00010000
TCA_KIND, TCA_OPTIONS, TCA_STATS2 = 1, 2, 7
TCA_STATS_BASIC, TCA_STATS_QUEUE = 1, 3
TCA_MATCHALL_ACT, TCA_ACT_KIND, TCA_ACT_OPTIONS, TCA_MIRRED_PARMS = 2, 1, 2, 2
TCA_EGRESS_REDIR, TC_ACT_STOLEN = 1, 4
ETH_P_ALL = 0x0003
FIRST = 1
"""The priority of the only classifier, and the place of its only action."""

_head = struct.Struct("=BxxxiIII")


class Passed(NamedTuple):
    """What a netem has done: frames and bytes that left it, frames it dropped, frames it sent ahead of others."""

    frames: int
    octets: int
    dropped: int
    ahead: int


def put_netem(index: int, netem: Netem, seed: int | None, what: str) -> Message:
    """Make netem a device's queueing discipline, or change the one that is there: what is on its way stays so."""
    body = _at(index, NETEM, TC_H_ROOT, "netem") + attribute(TCA_OPTIONS, netem.encode(seed))
    return Message(RTM_NEWQDISC, REPLACE, body, what)


def put_classifier(index: int, what: str) -> Message:
    """Let a device's incoming frames be classified."""
    return Message(RTM_NEWQDISC, CREATE, _at(index, CLSACT, TC_H_CLSACT, "clsact"), what)


def redirect_all(index: int, to: int, what: str) -> Message:
    """Send all that comes in by a device through another, from where it comes back."""
    mirred = struct.pack("=IIiiiiI", 0, 0, TC_ACT_STOLEN, 0, 0, TCA_EGRESS_REDIR, to)
    options = attribute(TCA_ACT_OPTIONS, attribute(TCA_MIRRED_PARMS, mirred))
    action = attribute(FIRST, attribute(TCA_ACT_KIND, text("mirred")), options)
    head = _at(index, 0, TC_H_INGRESS, "matchall", FIRST << 16 | socket.htons(ETH_P_ALL))
    return Message(RTM_NEWTFILTER, CREATE, head + attribute(TCA_OPTIONS, attribute(TCA_MATCHALL_ACT, action)), what)


def read_netem(netlink: Netlink, index: int, what: str) -> tuple[Netem, Passed]:
    """Return the parameters of a device's netem, and what it has done. Raises `OSError` where it has none."""
    (answer,) = netlink.ask(Message(RTM_GETQDISC, NLM_F_ECHO, _at(index, NETEM, TC_H_ROOT, "netem"), what))
    found = attributes(answer, _head.size)
    counted = attributes(found[TCA_STATS2])
    octets, frames = struct.unpack_from("=QI", counted[TCA_STATS_BASIC])
    _, _, dropped, ahead, _ = struct.unpack("=5I", counted[TCA_STATS_QUEUE])
    return Netem.decode(found[TCA_OPTIONS]), Passed(frames, octets, dropped, ahead)


def _at(index: int, handle: int, parent: int, kind: str, information: int = 0) -> bytes:
    return _head.pack(0, index, handle, parent, information) + attribute(TCA_KIND, text(kind))
