"""Scapy's layers, loaded when the first frame needs one: that takes a good part of a second, and few captures do."""

from __future__ import annotations

import logging
from functools import cache
from importlib import import_module
from typing import Any

from harness.capture.protocols.malformed import Malformed

BGP = "scapy.contrib.bgp"
BFD = "scapy.contrib.bfd"
VRRP = "scapy.layers.vrrp"


@cache
def load(module: str) -> Any:  # noqa: ANN401 - scapy has no types
    """Return a module of scapy's, without what it logs while it is loaded."""
    log = logging.getLogger("scapy.runtime")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        return import_module(module)
    finally:
        log.setLevel(level)


def dissect(module: str, layer: str, data: bytes) -> Any:  # noqa: ANN401 - as above
    """Return the packet that scapy makes of octets. Raises `Malformed`, whatever it is that scapy stumbles over."""
    try:
        return getattr(load(module), layer)(data)
    except Exception as problem:
        raise Malformed(
            f"scapy can't read {len(data)} bytes as {layer}: {type(problem).__name__} {problem}"
        ) from problem
