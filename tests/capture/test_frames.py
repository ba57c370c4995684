from __future__ import annotations

from harness.capture.frames import BadBytes, CaptureError, Tunnel
from harness.errors import SpecError


def test_a_file_that_is_no_capture_is_an_input_that_can_not_be_used() -> None:
    error = CaptureError("wire.pcapng", 48, "a block of 13 bytes", "a multiple of 4")
    assert isinstance(error, SpecError)
    assert str(error) == "wire.pcapng: byte 48: a block of 13 bytes, expected a multiple of 4"
    assert error.problems == (BadBytes("wire.pcapng", 1, "a block of 13 bytes", "a multiple of 4", 48),)


def test_a_tunnel_is_written_as_people_write_it() -> None:
    assert str(Tunnel(200, "10.0.0.4", "10.0.0.5", 50000, 4789)) == "vni 200 10.0.0.4>10.0.0.5:4789"
