from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import bfd
from harness.capture.protocols.malformed import Malformed
from tests.capture.peer import BFD, octets

numbers = st.integers(0, 2**32 - 1)


@given(st.integers(0, 3), st.integers(0, 31), st.integers(0, 255), numbers, numbers, numbers)
def test_what_scapy_says_is_read(state: int, diagnostic: int, multiplier: int, mine: int, yours: int, tx: int) -> None:  # noqa: PLR0917 - from hypothesis
    packet = BFD(
        sta=state, diag=diagnostic, flags="PF", detect_mult=multiplier, my_discriminator=mine, your_discriminator=yours,
        min_tx_interval=tx, min_rx_interval=2, echo_rx_interval=3,
    )  # fmt: skip
    found = bfd.parse(octets(packet))
    assert (found.version, found.diagnostic, found.state) == (1, diagnostic, ("AdminDown", "Down", "Init", "Up")[state])
    assert (found.flags, found.multiplier) == (("final", "poll"), multiplier)
    assert (found.my_discriminator, found.your_discriminator) == (mine, yours)
    assert (found.min_tx, found.min_rx, found.min_echo_rx) == (tx, 2, 3)


@pytest.mark.parametrize(
    "diagnostic, words",
    [
        (0, "No Diagnostic"),
        (1, "Control Detection Time Expired"),
        (3, "Neighbor Signaled Session Down"),
        (31, "Reserved"),
    ],
)
def test_diagnostics_are_said_in_words(diagnostic: int, words: str) -> None:
    assert bfd.parse(octets(BFD(diag=diagnostic))).diagnosis == words


PACKET = octets(BFD())


@pytest.mark.parametrize(
    "data, reason",
    [
        (b"", "0 bytes are no BFD control packet of 24"),
        (PACKET[:23], "23 bytes are no BFD control packet of 24"),
        (PACKET[:3] + b"\x40" + PACKET[4:], "24 bytes are no BFD control packet of 64"),
        (b"\x40" + PACKET[1:], "BFD version 2, not 1"),
    ],
)
def test_what_a_receiver_would_discard_is_malformed(data: bytes, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        bfd.parse(data)


@given(st.binary(max_size=60), st.integers(0, 60))
def test_any_octets_are_read_or_malformed(tail: bytes, length: int) -> None:
    for data in (tail, b"\x20\xff\x03" + bytes((length,)) + tail):
        try:
            bfd.parse(data)
        except Malformed as problem:
            assert str(problem)  # noqa: PT017 - most octets are malformed, some are not
