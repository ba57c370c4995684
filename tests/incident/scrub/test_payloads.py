from __future__ import annotations

from ipaddress import IPv4Address

from harness.incident.replay.datagram import Way, tcp_frame, udp_frame
from harness.incident.scrub.frames import Frames
from tests.incident.scrub.tools import payloads, scrubbed, text

WAY = Way("52:54:00:aa:bb:01", "52:54:00:aa:bb:02", IPv4Address("10.7.8.1"), 5000, IPv4Address("10.7.8.2"), 69)
BACK = Way(WAY.dst_mac, WAY.src_mac, WAY.dst, 40000, WAY.src, 5000)


def test_a_tftp_transfer_is_known_by_its_request() -> None:
    data = udp_frame(BACK, b"\0\3\0\1kernel kernel kernel")
    means = payloads()
    frames = Frames(means)
    alone = frames.scrub(data, 1, len(data))
    asked = udp_frame(WAY, b"\0\1ipxe.efi\0octet\0")
    assert frames.scrub(asked, 1, len(asked))[42:] == b"\0\1ipxe.efi\0octet\0"
    assert frames.scrub(data, 1, len(data))[42:] == b"\0\3\0\1" + bytes(20)
    assert alone[42:46] == bytes(4)
    assert means.zeroed > 0


def test_a_tunnel_s_inner_frame_is_scrubbed_too() -> None:
    means = text()
    inner = udp_frame(WAY, b"\0\1ipxe.efi\0octet\0")
    found = scrubbed(udp_frame(WAY._replace(dst_port=4789), b"\x08\0\0\0\0\0\xc8\0" + inner), means)
    assert found[42:50] == b"\x08\0\0\0\0\0\xc8\0", "the network's identifier stays"
    assert found[50:] == scrubbed(inner, means)


def test_a_tunnel_without_end_comes_to_one() -> None:
    data = b"x"
    for _ in range(12):
        data = udp_frame(WAY._replace(dst_port=4789), b"\x08\0\0\0\0\0\1\0" + data)
    assert len(scrubbed(data)) == len(data)


def test_a_datagram_without_a_checksum_gets_none() -> None:
    data = bytearray(udp_frame(WAY._replace(dst_port=9), b"payload"))
    data[40:42] = bytes(2)
    assert scrubbed(bytes(data))[40:42] == bytes(2)


def test_options_of_tcp_that_may_say_something_are_blanked() -> None:

    plain = tcp_frame(WAY, 1, 2, 2)
    options = b"\2\4\5\xb4\x22\6cook\1\1"
    data = bytearray(plain[:46] + bytes(((5 + 3) << 4,)) + plain[47:] + options)
    data[16:18] = (40 + len(options)).to_bytes(2)
    assert scrubbed(bytes(data))[54:] == b"\2\4\5\xb4" + b"\1" * 8


def test_a_group_s_advertisement_has_other_addresses_and_no_password() -> None:
    data = bytearray(udp_frame(WAY, b"")[:34])
    data[23] = 112
    body = b"\x21\x33\x64\1\1\1\0\0" + bytes((10, 7, 8, 99)) + b"password"
    data[16:18] = (20 + len(body)).to_bytes(2)
    found = scrubbed(bytes(data) + body)
    assert found[34:38] == body[:4]
    assert found[42:46] == text().addresses.v4(bytes((10, 7, 8, 99)))
    assert found[46:] == bytes(8)
