from __future__ import annotations

import pytest

from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.answer_fields import fields, option_name
from harness.incident.replay.dialogue import DHCP, HTTP, TFTP, Message
from harness.incident.replay.extraction import dialogue_of
from tests.incident.replay import frames
from tests.incident.replay.frames import TELL, answer, said


def message(protocol: str, payload: bytes) -> Message:
    return Message(protocol, "", said(TELL, payload), payload, len(payload))


def test_a_real_offer_says_what_it_says() -> None:
    found = fields(dialogue_of(frames.REAL).exchanges[8].answers[0])
    names = ("message", "sent to", "yiaddr", "siaddr", "option 67, Bootfile-Name")
    assert {name: str(found[name]) for name in names} == {
        "message": "OFFER",
        "sent to": "its address",
        "yiaddr": "192.168.100.11",
        "siaddr": "192.168.100.1",
        "option 67, Bootfile-Name": "http://192.168.100.1/boot.ipxe",
    }  # fmt: skip
    assert found["option 51, Address Time"] == 3600
    assert found["option 175, Etherboot"] == {"features": (), "no-pxedhcp": 1}


def test_options_are_named_by_code_and_by_iana() -> None:
    assert option_name(54) == "option 54, DHCP Server Id"
    assert option_name(224) == "option 224"


def test_tftp_s_packets() -> None:
    assert fields(message(TFTP, b"\0\6tsize\x007\0")) == {"packet": "options", "tsize": "7"}
    assert fields(message(TFTP, b"\0\3\0\2abc")) == {"packet": "data", "block": 2, "size": 3, "content": b"abc"}
    assert fields(message(TFTP, b"\0\5\0\1no\0")) == {"packet": "error", "code": 1, "message": "no"}
    assert fields(message(TFTP, b"\0\4\0\1")) == {"packet": "acknowledgement", "block": 1}


def test_http_s_head_and_content() -> None:
    found = fields(message(HTTP, b"HTTP/1.1 404 Not Found\r\nServer: x\r\n\r\nbody"))
    assert found == {"status": 404, "server": "x", "content": b"body"}


@pytest.mark.parametrize(
    "protocol,payload",
    [
        (DHCP, b"short"),
        (TFTP, b"\0"),
        (TFTP, frames.read_request("x")),
        (HTTP, b"HTTP/1.1 200 OK\r\nCut:"),
        (HTTP, b""),
    ],
)
def test_what_makes_no_sense_is_malformed(protocol: str, payload: bytes) -> None:
    with pytest.raises(Malformed):
        fields(message(protocol, payload))


def test_a_field_that_is_not_there_is_none() -> None:
    assert "option 67, Bootfile-Name" not in fields(message(DHCP, answer(2)))
