from __future__ import annotations

import os
import socket

import pytest

from harness.network.switch import offload
from harness.network.switch.device import Tap, Udp, Unplugged
from harness.network.switch.offload import Offload
from harness.network.tap import open_offloading
from harness.sandbox.netns import NetworkNamespace


def pair() -> tuple[Udp, socket.socket]:
    ours, theirs = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for one in (ours, theirs):
        one.bind(("127.0.0.1", 0))
    ours.connect(theirs.getsockname())
    theirs.connect(ours.getsockname())
    return Udp(ours.detach()), theirs


def test_a_datagram_is_a_frame() -> None:
    device, guest = pair()
    with guest:
        guest.send(b"frame")
        assert device.read() == offload.PLAIN + b"frame"
        with pytest.raises(BlockingIOError):
            device.read()
        assert device.write(offload.PLAIN + b"answer")
        assert guest.recv(100) == b"answer"
        assert not device.set_carrier(on=False)
    device.close()


def test_what_can_t_be_segmented_is_refused() -> None:
    device, guest = pair()
    with guest:
        assert not device.write(bytes(Offload(1, offload.TCP4, 0, 0, 0, 0)) + bytes(60))
    device.close()


def test_a_guest_that_is_off_refuses_and_raises_nothing() -> None:
    device, guest = pair()
    guest.close()
    for _ in range(3):
        device.write(offload.PLAIN + b"frame")
    assert device.read() == b""
    device.close()


@pytest.mark.kernel
def test_a_tap_whose_namespace_went_is_unplugged_and_one_that_is_down_refuses() -> None:
    with NetworkNamespace.create() as place:
        device = Tap(place.run(lambda: open_offloading("eth0", persistent=True)))
        assert not device.write(offload.PLAIN + bytes(60))
        with pytest.raises(BlockingIOError):
            device.read()
        assert device.set_carrier(on=False)
        device.close()
    closed = Tap(os.open("/dev/net/tun", os.O_RDWR))  # a descriptor without a device is what is left of one
    with pytest.raises(Unplugged):
        closed.read()
    assert not closed.set_carrier(on=True)
    closed.close()
