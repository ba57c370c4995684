from __future__ import annotations

from harness.capture import events as ev
from harness.capture.dissector import Dissector
from tests.capture.build import CLIENT, SERVER, datagram, number
from tests.capture.peer import BFD, octets

CONTROL = octets(BFD(sta=1, diag=1, detect_mult=3, my_discriminator=5, min_tx_interval=200_000, echo_rx_interval=0))


def test_a_side_that_hears_nothing_says_so() -> None:
    packets = [datagram(CONTROL, source=(CLIENT, 49152), to=(SERVER, port)) for port in (3784, 4784, 3785)]
    packets += [datagram(CONTROL, source=(CLIENT, 3784), to=(SERVER, 5)), datagram(CONTROL[:9], to=(SERVER, 3784))]
    dissector = Dissector()
    single, multihop, bad = (event for frame in number(packets) for event in dissector.frame(frame))
    assert isinstance(single, ev.BfdControl)
    assert isinstance(multihop, ev.BfdControl)
    assert (single.dst_port, multihop.dst_port) == (3784, 4784)
    assert (single.state, single.diagnostic, single.diagnosis) == ("Down", 1, "Control Detection Time Expired")
    assert (single.flags, single.multiplier, single.my_discriminator, single.min_tx) == ((), 3, 5, 200_000)
    assert single.standard()["desired_min_tx_interval"] == 200_000
    assert isinstance(bad, ev.Undecodable)
