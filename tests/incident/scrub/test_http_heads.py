from __future__ import annotations

from ipaddress import IPv4Address

from harness.capture.protocols import http_head
from harness.incident.scrub.http_heads import scrubbed
from tests.incident.scrub.tools import text, twice

ASK = b"GET /boot.ipxe HTTP/1.1\r\nConnection: keep-alive\r\nUser-Agent: iPXE/1.21.1\r\nHost: 10.7.0.1\r\n\r\n"
TELL = b"HTTP/1.1 200 OK\r\nServer: nginx\r\nContent-Length: 14186432\r\nSet-Cookie: id=abc\r\n\r\nbody"


def test_a_request_for_a_boot_file_can_still_be_read() -> None:
    means = text()
    twice(means, lambda: scrubbed(ASK, means))
    found = scrubbed(ASK, means)
    assert len(found) == len(ASK)
    head = http_head.request(found[:-4])
    assert (head.method, head.target, head.fields["user-agent"]) == ("GET", "/boot.ipxe", "iPXE/1.21.1")
    assert head.fields["host"] == ".".join(map(str, means.addresses.v4(bytes((10, 7, 0, 1)))))


def test_an_answer_keeps_its_status_and_size_and_loses_its_body() -> None:
    found = scrubbed(TELL, text())
    assert len(found) == len(TELL) - 4
    head = http_head.response(found[:-4])
    assert (head.status, head.content_length) == (200, 14186432)
    assert b"id=abc" not in found


def test_secrets_in_targets_and_fields_go() -> None:
    found = scrubbed(b"GET /v2?token=s3cr3t&x=abc HTTP/1.1\r\nAuthorization: Bearer zzz\r\nX-Acme: yes\r\n\r\n", text())
    assert not [one for one in (b"s3cr3t", b"abc", b"zzz", b"Acme", b"acme") if one in found]
    assert found.startswith(b"GET /v2?token=xxxxxx&x=xxx HTTP/1.1\r\nAuthorization:xxxxxxxxxxx\r\n")


def test_what_has_no_room_is_blanked() -> None:
    means = text()
    assert len(IPv4Address(means.addresses.v4(bytes((10, 0, 0, 1)))).exploded) > 8
    assert scrubbed(b"GET / HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n", means).endswith(b"Host:xxxxxxxxx\r\n\r\n")


def test_of_a_head_that_goes_on_only_whole_lines_are_there() -> None:
    assert scrubbed(b"GET /boot.ipxe HTTP/1.1\r\nHost: 10.7.0", text()) == b"GET /boot.ipxe HTTP/1.1\r\n"
    assert scrubbed(b"GET /boot.ip", text()) == b""


def test_what_is_no_head_is_nothing() -> None:
    assert scrubbed(b"\x16\x03\x01", text()) == b""
    assert scrubbed(b"GETTING on", text()) == b""
