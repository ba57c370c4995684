"""Spans of time as logs write them. Pure."""

from __future__ import annotations

import re

from harness.capture.describe import NANO

_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(min|ms|us|µs|μs|ns|h|m|s)(?![a-z])")
_UNITS = {
    "h": 3600 * NANO,
    "min": 60 * NANO,
    "m": 60 * NANO,
    "s": NANO,
    "ms": NANO // 1000,
    "us": NANO // 1_000_000,
    "µs": NANO // 1_000_000,
    "μs": NANO // 1_000_000,
    "ns": 1,
}


def duration(text: str) -> int:
    """Return what a span says, as systemd (``1min 2.345s``) and Go (``1m2.345s``) write it, in nanoseconds.

    What is none says 0.
    """
    return sum(round(float(number) * _UNITS[unit]) for number, unit in _PART.findall(text))
