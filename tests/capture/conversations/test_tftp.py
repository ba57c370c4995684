from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.conversations.tftp import PATIENCE
from harness.capture.dissector import Dissector
from harness.capture.events import TftpComplete, TftpError, TftpOptions, TftpRequest, TftpUnfinished
from tests.capture import build
from tests.capture.build import CLIENT, SERVER, datagram, number

if TYPE_CHECKING:
    from collections.abc import Iterable

    from harness.capture.events import Event
    from harness.capture.frames import Frame

CLIENT_PORT = (CLIENT, 1234)
TRANSFER_PORT = (SERVER, 43210)


def dissect(packets: Iterable[bytes]) -> list[Event]:
    dissector = Dissector()
    return [event for frame in number(packets) for event in dissector.frame(frame)]


def from_client(payload: bytes, to: tuple[str, int] = TRANSFER_PORT) -> bytes:
    return datagram(payload, source=CLIENT_PORT, to=to)


def from_server(payload: bytes) -> bytes:
    macs = {"from_mac": build.SERVER_MAC, "to_mac": build.CLIENT_MAC}
    return datagram(payload, source=TRANSFER_PORT, to=CLIENT_PORT, **macs)


RRQ = b"\0\1ipxe.efi\0octet\0blksize\x001468\0"


def block(count: int, size: int) -> bytes:
    return b"\0\3" + count.to_bytes(2, "big") + bytes(size)


def ack(count: int) -> bytes:
    return b"\0\4" + count.to_bytes(2, "big")


def test_a_transfer_is_followed_to_the_last_acknowledgement() -> None:
    events = dissect(
        [
            from_client(RRQ, (SERVER, 69)),
            from_server(b"\0\6blksize\x001468\0tsize\x001568\0"),
            from_client(ack(0)),
            from_server(block(1, 1468)),
            from_client(ack(1)),
            from_server(block(2, 100)),
            from_server(block(2, 100)),
            from_client(ack(2)),
            from_client(ack(2)),
        ]
    )
    request, options, complete = events
    assert isinstance(request, TftpRequest)
    assert (request.file, request.write, request.mode, request.options) == (
        "ipxe.efi",
        False,
        "octet",
        (("blksize", "1468"),),
    )
    assert isinstance(options, TftpOptions)
    assert options.size == 1568
    assert isinstance(complete, TftpComplete)
    assert (complete.octets, complete.blocks, complete.missing, complete.frame) == (1568, 2, 0, 8)
    assert complete.retransmitted == 1
    assert complete.sent_by == build.CLIENT_MAC


def test_blocks_that_were_not_captured_are_counted_and_numbers_wrap() -> None:
    packets = [from_client(RRQ, (SERVER, 69))]
    packets += [from_server(block(count % 65536, 512)) for count in range(1, 65540) if count != 77]
    packets += [from_server(block(65540 % 65536, 0)), from_client(ack(65540 % 65536))]
    complete = dissect(packets)[-1]
    assert isinstance(complete, TftpComplete)
    assert (complete.octets, complete.blocks, complete.missing) == (65539 * 512, 65540, 1)


def test_a_client_that_only_wants_the_size_ends_the_transfer_itself() -> None:
    events = dissect(
        [
            from_client(RRQ, (SERVER, 69)),
            from_server(b"\0\6tsize\x001568\0"),
            from_client(b"\0\5\0\x08User aborted the transfer\0"),
            from_client(ack(9)),
        ]
    )
    error = events[-1]
    assert isinstance(error, TftpError)
    assert (error.file, error.code, error.message) == ("ipxe.efi", 8, "User aborted the transfer")


def test_a_file_that_is_not_there_is_the_servers_error() -> None:
    error = dissect([from_client(RRQ, (SERVER, 69)), from_server(b"\0\5\0\1file not found\0")])[-1]
    assert isinstance(error, TftpError)
    assert (error.sent_by, error.code) == (build.SERVER_MAC, 1)


def test_datagrams_of_no_transfer_are_none_of_ours() -> None:
    assert dissect([from_server(block(1, 512)), datagram(b"whatever")]) == []


def to_the_end(frames: Iterable[Frame]) -> list[Event]:
    dissector = Dissector()
    return [*(event for frame in frames for event in dissector.frame(frame)), *dissector.finish()]


def test_a_request_that_is_not_heard_is_sent_again_and_counted() -> None:
    events = to_the_end(number([from_client(RRQ, (SERVER, 69))] * 3))
    assert [event.attempt for event in events if isinstance(event, TftpRequest)] == [1, 2, 3]
    assert isinstance(events[-1], TftpUnfinished)
    assert (events[-1].frame, events[-1].blocks, events[-1].reason) == (3, 0, "the capture ends")


def test_a_transfer_that_stops_midway_says_how_far_it_came() -> None:
    packets = [from_client(RRQ, (SERVER, 69)), from_server(b"\0\6blksize\x001468\0"), from_client(ack(0))]
    packets += [from_server(block(count, 1468)) for count in (1, 1, 1, 3)]
    unfinished = to_the_end(number(packets))[-1]
    assert isinstance(unfinished, TftpUnfinished)
    assert (unfinished.octets, unfinished.blocks, unfinished.missing, unfinished.retransmitted) == (3 * 1468, 3, 1, 2)
    assert (unfinished.frame, unfinished.sent_by) == (7, build.SERVER_MAC)


def test_a_client_that_starts_anew_did_not_finish() -> None:
    packets = [from_client(RRQ, (SERVER, 69)), from_server(block(1, 512)), from_client(RRQ, (SERVER, 69))]
    kinds = [event.kind for event in to_the_end(number(packets))]
    assert kinds == ["tftp-request", "tftp-unfinished", "tftp-request", "tftp-unfinished"]


def test_a_transfer_that_nobody_goes_on_with_is_given_up() -> None:
    other = datagram(RRQ, source=(CLIENT, 999), to=(SERVER, 69))
    first, later = number([from_client(RRQ, (SERVER, 69)), other])
    _, unfinished, _, _ = to_the_end([first, later._replace(time=first.time + PATIENCE + 1)])
    assert isinstance(unfinished, TftpUnfinished)
    assert (unfinished.frame, unfinished.reason) == (1, "nothing came for 60 s")
