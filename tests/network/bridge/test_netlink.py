from __future__ import annotations

import errno
import threading
from collections.abc import Iterator

import pytest

from harness.network.bridge import devices
from harness.network.bridge.netlink import AT_ONCE, Message, Netlink, attribute, attributes, text, u8, u16, u32
from harness.sandbox.netns import NetworkNamespace


@pytest.fixture
def netlink() -> Iterator[Netlink]:
    with NetworkNamespace.create() as place, Netlink(place) as made:
        yield made


def bridge(name: str, group: int = 7) -> Message:
    return devices.add_bridge(name, group, name, vlans=False)


def test_attributes_are_read_as_they_were_written() -> None:
    inner = attribute(1, text("one")) + attribute(2, u8(2))
    data = b"head" + attribute(3, u16(3), u16(4)) + attribute(0x8004, inner) + attribute(5)
    found = attributes(data, 4)
    assert found == {3: u16(3) + u16(4), 4: inner, 5: b""}
    assert attributes(found[4]) == {1: b"one\0", 2: b"\2"}


@pytest.mark.parametrize("data", [b"", b"\0", u32(0), b"\xff\xff\1\0abc", b"\3\0\1\0"])
def test_broken_attributes_end_the_reading(data: bytes) -> None:
    assert all(len(value) <= len(data) for value in attributes(data).values())


@pytest.mark.kernel
def test_more_messages_than_go_at_once_are_all_carried_out(netlink: Netlink) -> None:
    number = 2 * AT_ONCE + 1
    netlink.tell([bridge(f"b{one}") for one in range(number)])
    assert len(devices.statistics(netlink)) == number + 1
    netlink.tell([devices.delete_group(7)])
    assert len(devices.statistics(netlink)) == 1


@pytest.mark.kernel
def test_the_first_refusal_is_raised_in_the_kernel_s_words_and_the_socket_still_works(netlink: Netlink) -> None:
    netlink.tell([bridge("there")])
    with pytest.raises(OSError, match="bridge there: ") as refused:
        netlink.tell([bridge("before"), bridge("there"), bridge("there"), bridge("behind")])
    assert refused.value.errno == errno.EEXIST
    assert netlink.index("before") != netlink.index("behind")


@pytest.mark.kernel
def test_who_asks_for_what_is_not_there_is_told(netlink: Netlink) -> None:
    with pytest.raises(OSError, match="device 99"):
        devices.kind_options(netlink, 99)
    with pytest.raises(OSError, match="No such device"):
        netlink.index("nowhere")


@pytest.mark.kernel
def test_threads_share_a_socket(netlink: Netlink) -> None:
    threads = [threading.Thread(target=netlink.tell, args=([bridge(f"b{n}")],)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(devices.statistics(netlink)) == 9
