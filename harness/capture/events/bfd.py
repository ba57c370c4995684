"""What was seen of BFD (RFC 5880)."""

from __future__ import annotations

from dataclasses import dataclass

from harness.capture.events.event import Event


@dataclass(frozen=True, slots=True)
class BfdControl(Event):
    """One side of a session says how it stands: `state` is AdminDown, Down, Init or Up.

    `diagnostic` says why it went down the last time, `diagnosis` the same in words. A side that hears nothing says 1;
    one that only hears that the other is down says 3, so the two tell in which direction the path broke. `flags` are
    named; intervals are in microseconds.
    """

    protocol = "bfd"
    names = (
        ("diag", "diagnostic"),
        ("sta", "state"),
        ("detect_mult", "multiplier"),
        ("desired_min_tx_interval", "min_tx"),
        ("required_min_rx_interval", "min_rx"),
        ("required_min_echo_interval", "min_echo_rx"),
    )

    version: int
    diagnostic: int
    diagnosis: str
    state: str
    flags: tuple[str, ...]
    multiplier: int
    my_discriminator: int
    your_discriminator: int
    min_tx: int
    min_rx: int
    min_echo_rx: int
