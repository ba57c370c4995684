from __future__ import annotations

from harness.capture.frames import BadBytes, CaptureError
from harness.errors import SpecError


def test_a_file_that_is_no_capture_is_an_input_that_can_not_be_used() -> None:
    error = CaptureError("wire.pcapng", 48, "a block of 13 bytes", "a multiple of 4")
    assert isinstance(error, SpecError)
    assert str(error) == "wire.pcapng: byte 48: a block of 13 bytes, expected a multiple of 4"
    assert error.problems == (BadBytes("wire.pcapng", 1, "a block of 13 bytes", "a multiple of 4", 48),)
