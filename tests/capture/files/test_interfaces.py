from __future__ import annotations

import struct

import pytest

from harness.capture.files.interfaces import Interface, describe
from harness.capture.files.pcapng_format import IF_NAME, IF_TSOFFSET, IF_TSRESOL
from harness.capture.frames import ETHERNET


def interface(options: dict[int, bytes], *, order: str = "<", link_type: int = ETHERNET) -> Interface:
    return describe(link_type, 0, options, order=order, default="interface 0", chosen={"eth0"})


def test_one_without_a_name_has_the_default_and_is_not_taken_unless_it_is_asked_for() -> None:
    assert (interface({}).name, interface({}).taken) == ("interface 0", False)
    named = interface({IF_NAME: b"eth0\0"})
    assert (named.name, named.taken) == ("eth0", True)


def test_one_of_a_link_type_that_can_not_be_read_is_not_taken() -> None:
    assert not interface({IF_NAME: b"eth0"}, link_type=147).taken


@pytest.mark.parametrize("order", ["<", ">"])
def test_times_have_a_resolution_and_an_offset(order: str) -> None:
    options = {IF_TSRESOL: b"\x03", IF_TSOFFSET: struct.pack(order + "q", -2)}
    assert interface(options, order=order).nanoseconds(1_500) == -500_000_000
    assert interface({IF_TSOFFSET: b"\0"}).nanoseconds(1) == 1_000, "an offset of another size is none"
