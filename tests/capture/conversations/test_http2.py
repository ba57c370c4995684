from __future__ import annotations

from harness.capture.conversations.http2 import Http2Conversation
from harness.capture.events import Http2Preface, Origin
from harness.capture.frames import Frame
from harness.capture.reassembly.streams import Piece
from tests.capture.build import ethernet
from tests.capture.make import CLIENT_END, SERVER_END

FRAME = Frame(9, 5, "segment", ethernet(b""), 60)


def test_a_connection_is_told_once() -> None:
    made = Http2Conversation(CLIENT_END, SERVER_END)
    made.opened(by_client=True)
    piece = Piece(b"PRI", 0, lost=False, frame=FRAME)
    assert list(made.piece(piece, by_client=True)) == [Http2Preface(*Origin.of(FRAME), CLIENT_END, SERVER_END)]
    assert list(made.piece(piece, by_client=False)) == []
    assert list(made.ended(Origin.of(FRAME), by_client=True)) == []
