from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.incident.replay import Outcome, dialogue_of
from harness.incident.replay.client import Client
from harness.incident.replay.dialogue import Dialogue
from harness.incident.replay.seat import Seat
from harness.provisioning.rogue import RogueServer
from harness.units import seconds
from tests.incident.replay import frames
from tests.provisioning.segment import Segment
from tests.provisioning.test_rogue import rogue

pytestmark = pytest.mark.kernel


def ask(recorded: Dialogue, segment: Segment) -> list[Outcome]:
    with Seat(segment.client, "eth0") as seat:
        client = Client(recorded, seat, server=None, within=2 * seconds)
        try:
            return [client.ask(exchange).outcome for exchange in recorded.exchanges]
        finally:
            client.leave()


def test_what_a_second_server_says_is_extra(tmp_path: Path) -> None:
    segment = Segment()
    recorded = dialogue_of(frames.REAL)
    first = replace(recorded.exchanges[0], answers=())
    with rogue(segment, tmp_path) as server:
        assert isinstance(server, RogueServer)
        assert ask(replace(recorded, exchanges=(first,)), segment) == [Outcome.EXTRA]
        assert server.answers() == 1
    segment.close()


def test_a_transfer_that_was_not_begun_is_not_gone_on_with(tmp_path: Path) -> None:
    segment = Segment()
    recorded = dialogue_of(frames.REAL)
    later = replace(recorded, exchanges=recorded.exchanges[5:7])
    with rogue(segment, tmp_path), Seat(segment.client, "eth0") as seat:
        client = Client(later, seat, server=None, within=0.5 * seconds)
        (answer,) = client.ask(later.exchanges[0]).answers
        assert (answer.outcome, answer.excuse) == (Outcome.MISSING, "its transfer was not begun")
        client.leave()
    segment.close()
