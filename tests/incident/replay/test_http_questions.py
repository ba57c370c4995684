from __future__ import annotations

from harness.incident.replay.datagram import Datagram, Way
from harness.incident.replay.http_questions import FIRST, HttpQuestions
from tests.incident.replay import frames
from tests.incident.replay.frames import back, segment

TO = Way(frames.MAC, frames.SERVER_MAC, frames.CLIENT, 5000, frames.SERVER, 80)
BACK = back(TO)
SYN = 2
ASK = b"GET /boot.ipxe HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n"
TELL = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n"


def taken(some: list[Datagram]) -> HttpQuestions:
    found = HttpQuestions()
    for one in some:
        found.take(one)
    return found


def told(some: list[Datagram], servers: tuple[str, ...] = ()) -> list[tuple[bytes, list[bytes]]]:
    exchanges = taken(some).exchanges(servers)
    return [(one.question.payload, [each.payload for each in one.answers]) for one in exchanges]


def test_a_request_in_two_segments_and_its_answer_in_two() -> None:
    some = [
        segment(TO, b"", 1, 99, flags=SYN),
        segment(TO, ASK[:9], 2, 100),
        segment(TO, ASK[9:], 3, 109),
        segment(BACK, TELL, 4, 500),
        segment(BACK, b"#!ipxe", 5, 500 + len(TELL)),
    ]
    assert told(some) == [(ASK, [TELL + b"#!ipxe"])]
    assert [one.question.what for one in taken(some).exchanges(())] == ["GET /boot.ipxe"]


def test_requests_of_one_connection_have_their_own_answers_though_bulk_is_missing() -> None:
    other = ASK.replace(b"boot.ipxe", b"vmlinuz")
    some = [
        segment(TO, ASK, 1, 100),
        segment(BACK, TELL, 2, 500),
        segment(TO, other, 3, 100 + len(ASK)),
        segment(BACK, TELL.replace(b"6", b"9"), 4, 90_000),
        segment(BACK, b"far", 5, 700_000),
    ]
    assert told(some) == [(ASK, [TELL]), (other, [TELL.replace(b"6", b"9")])]


def test_what_is_sent_again_is_there_once() -> None:
    some = [segment(TO, ASK, 1, 100), segment(TO, ASK, 2, 100), segment(BACK, TELL, 3, 5), segment(BACK, TELL, 4, 5)]
    assert told(some) == [(ASK, [TELL])]


def test_no_answer_is_none() -> None:
    assert told([segment(TO, ASK, 1, 100)]) == [(ASK, [])]


def test_only_boot_servers_are_of_interest_where_they_are_known() -> None:
    elsewhere = TO._replace(dst_port=2379)
    some = [segment(TO, ASK, 1, 100), segment(elsewhere, ASK, 2, 100)]
    assert len(told(some)) == 1
    assert len(told(some, ("10.0.0.1",))) == 2
    assert told(some, ("10.0.0.77",)) == []


def test_what_is_no_http_is_forgotten() -> None:
    found = taken([segment(TO, b"", 1, 99, flags=SYN), segment(TO, b"\x16\x03\x01hello", 2, 100)])
    assert found._connections == {}
    assert list(found.exchanges(())) == []


def test_a_request_of_which_a_part_is_missing_is_told() -> None:
    cut = segment(TO, ASK, 2, 100)._replace(payload=ASK[:20])
    found = taken([cut])
    assert list(found.exchanges(())) == []
    assert found.notes == ["frame 2: an HTTP request of 10.0.0.5 can't be sent: a part of it was not captured"]


def test_a_client_that_asks_for_ever_is_kept_within_bounds() -> None:
    some = [segment(TO, ASK, n, 100 + n * len(ASK)) for n in range(FIRST + 20)]
    assert len(told(some)) == FIRST
