from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.capture.protocols import dhcp
from harness.incident.replay.extraction import dialogue_of
from harness.incident.scrub.dhcp_messages import labels, scrubbed
from tests.incident.replay import frames
from tests.incident.scrub.tools import text, twice

REAL = [
    message.payload
    for exchange in dialogue_of(frames.REAL).exchanges
    for message in (exchange.question, *exchange.answers)
    if message.protocol == "DHCP"
]


def of(options: dict[int, bytes]) -> bytes:
    return frames.answer(2, options)


def option(code: int, value: bytes) -> bytes:
    """What stands for one option's value."""
    means = text()
    twice(means, lambda: scrubbed(of({code: value}), means))
    found = scrubbed(of({code: value}), means)
    assert found is not None
    return dhcp.parse(found).options[code]


@pytest.mark.parametrize("payload", REAL)
def test_real_messages_keep_what_boots_machines(payload: bytes) -> None:
    means = text()
    twice(means, lambda: scrubbed(payload, means))
    found = scrubbed(payload, means)
    assert found is not None
    assert len(found) == len(payload)
    one, other = dhcp.parse(payload), dhcp.parse(found)
    assert list(one.options) == list(other.options)
    plain = ("type", "transaction", "architectures", "vendor_class", "user_class", "seconds", "broadcast")
    assert [getattr(one, name) for name in plain] == [getattr(other, name) for name in plain]
    assert other.client != one.client
    assert other.client[-8:] == one.client[-8:]
    assert other.boot_file.rpartition("/")[2] == one.boot_file.rpartition("/")[2]
    assert (other.server is None) == (one.server is None)
    assert b"192.168.100." not in found
    assert b"node01" not in found
    assert bytes.fromhex("525400000101") not in found
    assert IPv4Address("192.168.100.11").packed not in found


def test_each_kind_of_option() -> None:
    means = text()
    one = means.addresses.v4(frames.CLIENT.packed)
    mac = bytes.fromhex("525400aabb01")
    assert option(3, frames.CLIENT.packed * 2) == one * 2
    assert option(1, b"\xff\xff\xff\0") == b"\xff\xff\xff\0"
    assert option(12, b"acme-db01") == means.names.label("acme-db01").encode()
    assert len(option(66, b"10.0.0.5\0")) == 9
    assert option(66, b"10.0.0.5\0").startswith(b"10.")
    assert not option(66, b"10.0.0.5\0").startswith(b"10.0.0.")
    assert option(61, b"\1" + mac) == b"\1" + means.addresses.mac(mac)
    assert option(61, b"\xff\1\2\3\4\0\2secret-machine")[5:7] == b"\0\2"
    assert b"secret" not in option(61, b"\xff\1\2\3\4\0\2secret-machine")
    assert option(82, b"\1\4ge-1\x0b\4" + frames.CLIENT.packed)[6:] == b"\x0b\4" + one
    assert b"ge-1" not in option(82, b"\1\4ge-1\x0b\4" + frames.CLIENT.packed)
    assert option(97, b"\0" + b"u" * 16)[:1] == b"\0"
    assert option(97, b"\0" + b"u" * 16)[1:] != b"u" * 16
    assert option(121, b"\x18" + frames.CLIENT.packed[:3] + frames.CLIENT.packed) == b"\x18" + one[:3] + one
    assert option(175, b"\xb0\1\1\xbf\6sesame") == b"\xb0\1\1\xbf\6" + bytes(6)
    assert option(224, b"who knows") == bytes(9)
    assert option(81, b"\0\0\0acme-db01") == b"\0\0\0" + means.names.label("acme-db01").encode()
    assert option(81, b"\4\0\0\4acme\5local\0").endswith(b"\5local\0")


def test_names_in_labels_keep_their_lengths_and_pointers() -> None:
    found = labels(b"\4acme\5local\0\2db\xc0\0", text())
    assert (found[0], found[5:12], found[12], found[-2:]) == (4, b"\5local\0", 2, b"\xc0\0")
    assert b"acme" not in found
    assert labels(b"\x50too long", text()) == bytes(9)


def test_names_are_learnt() -> None:
    means = text()
    scrubbed(of({12: b"acme-db01", 15: b"plasma.local"}), means)
    assert means.names.originals == ["acme-db01", "plasma"]


def test_overloaded_fields_are_options() -> None:
    payload = bytearray(of({dhcp.OVERLOAD: b"\3"}))
    payload[108:118] = b"\x0c\x04acme\xff\0\0\0"
    payload[44:54] = b"\x0f\x04corp\xff\0\0\0"
    found = scrubbed(bytes(payload), text())
    assert found is not None
    assert found[108:110] == b"\x0c\x04"
    assert b"acme" not in found


def test_what_is_no_dhcp_is_not_understood() -> None:
    assert scrubbed(b"", text()) is None
    assert scrubbed(b"\7" * 300, text()) is None


@given(st.sampled_from(REAL), st.integers(0, 400), st.integers(0, 255))
def test_spoiled_messages_keep_their_length(payload: bytes, place: int, octet: int) -> None:
    data = bytearray(payload)
    data[place % len(data)] = octet
    found = scrubbed(bytes(data), text())
    assert found is None or len(found) == len(data)


@given(st.sampled_from(REAL), st.integers(0, 400))
def test_cut_messages_keep_their_length(payload: bytes, end: int) -> None:
    found = scrubbed(payload[:end], text())
    assert found is None or len(found) == len(payload[:end])
