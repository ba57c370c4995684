from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

import pytest

from harness.errors import LabError
from harness.provisioning.rogue import RogueServer
from tests.provisioning.segment import Segment

pytestmark = pytest.mark.kernel

MAC = "52:54:00:00:09:09"
POOL = IPv4Address("192.168.100.210"), IPv4Address("192.168.100.211")


@pytest.fixture
def segment() -> Iterator[Segment]:
    made = Segment()
    yield made
    made.close()


def rogue(segment: Segment, folder: Path, interface: str = "pxe0") -> RogueServer:
    subnet = IPv4Network("192.168.100.0/24")
    return RogueServer(place=segment.server, interface=interface, subnet=subnet, pool=POOL, folder=folder)


def test_it_answers_whoever_asks(segment: Segment, tmp_path: Path) -> None:
    with rogue(segment, tmp_path) as server:
        assert server.answers() == 0
        offer = segment.ask(MAC, {})
        assert offer is not None
        assert offer.address in POOL
        assert server.answers() == 1
    assert segment.ask(MAC, {}, patience=0.5) is None


def test_what_keeps_it_from_serving_is_told(segment: Segment, tmp_path: Path) -> None:
    with pytest.raises(LabError, match="the second DHCP server ended on its own"), rogue(segment, tmp_path, "none0"):
        pass
