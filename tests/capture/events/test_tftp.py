from __future__ import annotations

import pytest

from harness.capture import events as ev
from tests.capture.make import CLIENT_END, Wire


@pytest.mark.parametrize("write, opcode", [(False, 1), (True, 2)])
def test_a_request_has_its_own_names(*, write: bool, opcode: int) -> None:
    (event,) = Wire().add(ev.TftpRequest, client=CLIENT_END, file="x", write=write, mode="octet", options=()).events
    assert event.standard() == {"opcode": opcode, "filename": "x"}


def test_the_last_blocks_number_is_that_on_the_wire() -> None:
    (event,) = Wire().add(ev.TftpComplete, client=CLIENT_END, file="x", octets=9, blocks=65537, missing=0).events
    assert event.standard() == {"opcode": 4, "filename": "x", "block": 1}
