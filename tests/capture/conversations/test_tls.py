from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from harness.capture.conversations.tls import TlsConversation
from harness.capture.events import Origin, TlsClientHello, TlsRecords, Undecodable
from harness.capture.frames import Frame
from harness.capture.reassembly.streams import Piece
from tests.capture import encode
from tests.capture.build import ethernet
from tests.capture.make import CLIENT_END, SERVER_END

if TYPE_CHECKING:
    from harness.capture.events import Event

FRAME = Frame(9, 5, "segment", ethernet(b""), 60)
HELLO = encode.client_hello("node01.example", "h2", versions=(0x0304,))


def feed(made: TlsConversation, data: bytes, *, by_client: bool = True, missing: int = 0) -> list[Event]:
    return list(made.piece(Piece(data, missing, lost=False, frame=FRAME), by_client=by_client))


def conversation(expected: str = "raft") -> TlsConversation:
    made = TlsConversation(CLIENT_END, SERVER_END, expected)
    made.opened(by_client=True)
    return made


def test_a_hello_is_told_once_with_what_it_says() -> None:
    made = conversation()
    assert feed(made, HELLO[:50]) == []
    (hello,) = feed(made, HELLO[50:])
    ends = (CLIENT_END, SERVER_END, "raft")
    assert hello == TlsClientHello(*Origin.of(FRAME), *ends, "node01.example", ("TLS 1.3",), ("h2",))
    assert feed(made, HELLO) == feed(made, b"x", by_client=False) == []
    assert list(made.ended(Origin.of(FRAME), by_client=True)) == []


def test_records_without_a_hello_are_told_once() -> None:
    for by_client in (True, False):
        made = conversation("")
        (records,) = feed(made, b"\x17\3\3\0\x40", by_client=by_client)
        assert records == TlsRecords(*Origin.of(FRAME), CLIENT_END, SERVER_END, "")
        assert feed(made, HELLO) == []


def test_a_hello_that_is_cut_or_malformed_still_says_that_the_connection_is_encrypted() -> None:
    cut = conversation()
    assert feed(cut, HELLO[:50]) == []
    (records,) = cut.ended(Origin.of(FRAME), by_client=True)
    assert isinstance(records, TlsRecords)
    partly = conversation()
    (records,) = feed(partly, HELLO[:50], missing=20)
    assert isinstance(records, TlsRecords)
    records, problem = feed(conversation(), encode.tls_records(b"\1\0\0\1\0"))
    assert isinstance(records, TlsRecords)
    assert isinstance(problem, Undecodable)


@given(st.lists(st.tuples(st.binary(max_size=60), st.booleans(), st.integers(0, 1)), max_size=6))
def test_any_octets_are_told_at_most_once(parts: list[tuple[bytes, bool, int]]) -> None:
    made = conversation()
    told = [
        event for data, by_client, missing in parts for event in feed(made, data, by_client=by_client, missing=missing)
    ]
    assert len([event for event in told if not isinstance(event, Undecodable)]) <= 1
