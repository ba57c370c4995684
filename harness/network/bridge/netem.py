"""Impairments as netem's parameters, and back (linux/pkt_sched.h, tc-netem(8)). Pure."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from harness.network.bridge.netlink import attribute, attributes

if TYPE_CHECKING:
    from harness.network.impairment import Impairment

TCA_NETEM_CORR, TCA_NETEM_REORDER, TCA_NETEM_CORRUPT, TCA_NETEM_RATE = 1, 3, 4, 6
TCA_NETEM_RATE64, TCA_NETEM_LATENCY64, TCA_NETEM_JITTER64, TCA_NETEM_PRNG_SEED = 8, 10, 11, 13
CERTAIN = 0xFFFFFFFF
"""A chance of 1, as netem has it."""

BYTE = 8
WIDEST = 0xFFFFFFFF
QUEUE = 1_000
"""Frames that wait for a line of limited rate at most."""

IN_FLIGHT = 1_000_000
"""Frames that are on their way at most where no rate is set: more than a kernel forwards in a second."""

IN_ORDER = 1_000_000_000_000 // BYTE
"""Bytes per second of a line that is as good as unlimited: on a line of some rate no frame overtakes another."""

_options = struct.Struct("=6I")
_pair = struct.Struct("=II")
_rate = struct.Struct("=IiIi")


@dataclass(frozen=True)
class Netem:
    """Netem's parameters: times in nanoseconds, chances of 2^32 - 1, a rate in bytes per second, a queue in frames."""

    latency: int
    jitter: int
    loss: int
    duplicate: int
    reorder: int
    corrupt: int
    rate: int
    limit: int

    @classmethod
    def of(cls, impairment: Impairment) -> Self:
        """Return the parameters that enforce an impairment.

        Netem reorders frames of different delays, where no rate is set; so jitter takes one that limits nothing.
        """
        rate = 0 if impairment.rate is None else max(1, round(impairment.rate / BYTE))
        return cls(
            latency=_nanoseconds(impairment.delay),
            jitter=_nanoseconds(impairment.jitter),
            loss=_chance(impairment.loss),
            duplicate=_chance(impairment.duplicate),
            reorder=_chance(impairment.reorder) if impairment.delay else 0,
            corrupt=_chance(impairment.corrupt),
            rate=rate or (IN_ORDER if impairment.jitter else 0),
            limit=QUEUE if rate else IN_FLIGHT,
        )

    def encode(self, seed: int | None = None) -> bytes:
        """Return the options of the queueing discipline; all of them, as it keeps what it isn't told.

        `seed` starts its random choices, where the kernel knows of it (Linux 6.7); it is ignored elsewhere.
        """
        head = _options.pack(0, self.limit, self.loss, 1 if self.reorder else 0, self.duplicate, 0)
        parts = [
            attribute(TCA_NETEM_CORR, struct.pack("=III", 0, 0, 0)),
            attribute(TCA_NETEM_REORDER, _pair.pack(self.reorder, 0)),
            attribute(TCA_NETEM_CORRUPT, _pair.pack(self.corrupt, 0)),
            attribute(TCA_NETEM_LATENCY64, struct.pack("=q", self.latency)),
            attribute(TCA_NETEM_JITTER64, struct.pack("=q", self.jitter)),
            attribute(TCA_NETEM_RATE, _rate.pack(min(self.rate, WIDEST), 0, 0, 0)),
        ]
        if self.rate >= WIDEST:
            parts.append(attribute(TCA_NETEM_RATE64, struct.pack("=Q", self.rate)))
        if seed is not None:
            parts.append(attribute(TCA_NETEM_PRNG_SEED, struct.pack("=Q", seed)))
        return head + b"".join(parts)

    @classmethod
    def decode(cls, options: bytes) -> Self:
        """Return the parameters that the kernel reports."""
        _, limit, loss, _, duplicate, _ = _options.unpack_from(options)
        found = attributes(options, _options.size)
        wide = found.get(TCA_NETEM_RATE64)
        return cls(
            latency=_number("=q", found.get(TCA_NETEM_LATENCY64)),
            jitter=_number("=q", found.get(TCA_NETEM_JITTER64)),
            loss=loss,
            duplicate=duplicate,
            reorder=_number("=I", found.get(TCA_NETEM_REORDER)),
            corrupt=_number("=I", found.get(TCA_NETEM_CORRUPT)),
            rate=_number("=Q", wide) if wide else _number("=I", found.get(TCA_NETEM_RATE)),
            limit=limit,
        )


def _number(form: str, value: bytes | None) -> int:
    return 0 if value is None else int(struct.unpack_from(form, value)[0])


def _nanoseconds(duration: timedelta | None) -> int:
    return 0 if duration is None else duration // timedelta(microseconds=1) * 1_000


def _chance(chance: float | None) -> int:
    return math.floor((chance or 0) * CERTAIN + 0.5)
