from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.assembly import boot_config
from harness.incident.replay import dialogue_of
from harness.incident.replay.boot_client import BootClient
from harness.provisioning.boot_server import BootServer
from harness.sandbox.waiting import NotSeen
from harness.topology.loader import load
from harness.units import seconds
from tests.incident.records import TOPOLOGIES
from tests.incident.replay.frames import REAL
from tests.provisioning.segment import Segment

pytestmark = pytest.mark.kernel


@pytest.fixture
def segment() -> Iterator[Segment]:
    made = Segment()
    yield made
    made.close()


def test_a_machine_boots_while_it_is_answered_and_begins_again_while_it_is_not(
    segment: Segment, tmp_path: Path
) -> None:
    topology = load(TOPOLOGIES / "t036.yaml")
    assert topology.boot_server is not None
    config = replace(boot_config(topology, topology.boot_server), interface="pxe0")
    booting = BootClient(dialogue_of(REAL), segment.client, "eth0")
    with BootServer(config, place=segment.server, folder=tmp_path / "run", files={}) as server, booting as client:
        client.wait_for_a_boot(within=20 * seconds)
        server.halt()
        with pytest.raises(NotSeen):
            client.wait_for_a_boot(within=2 * seconds)
        server.go_on()
        client.wait_for_a_boot(within=20 * seconds)


def test_an_interface_that_there_is_none_of_is_told(segment: Segment) -> None:
    with pytest.raises(IndexError), BootClient(dialogue_of(REAL), segment.client, "eth7"):
        pass
