from __future__ import annotations

import socket
import threading
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from harness.incident.replay import Outcome, dialogue_of
from harness.incident.replay.client import Client
from harness.incident.replay.datagram import Way, udp_frame
from harness.incident.replay.dialogue import Dialogue
from harness.incident.replay.seat import Seat
from harness.provisioning.rogue import RogueServer
from harness.units import seconds
from tests.incident.replay import frames
from tests.provisioning.segment import SERVER, Segment
from tests.provisioning.test_rogue import rogue

pytestmark = pytest.mark.kernel

CLIENT = IPv4Address("192.168.100.77")


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


def test_a_block_that_a_server_sends_again_is_no_other_answer(tmp_path: Path) -> None:
    segment = Segment()
    there = Way(frames.MAC, frames.SERVER_MAC, CLIENT, 2070, SERVER, 69)
    on = there._replace(dst_port=4000)
    some = [
        udp_frame(there, frames.read_request("x")),
        udp_frame(frames.back(on), b"\0\3\0\1one"),
        udp_frame(on, b"\0\4\0\1"),
        udp_frame(frames.back(on), b"\0\3\0\2two"),
    ]
    recorded = dialogue_of(frames.written(tmp_path / "x.pcapng", frames.numbered(some)))
    requests = segment.server.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
    transfer = segment.server.run(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))

    def serve() -> None:
        _, client = requests.recvfrom(100)
        transfer.sendto(b"\0\3\0\1one", client)
        assert transfer.recvfrom(100)[0] == b"\0\4\0\1"
        transfer.sendto(b"\0\3\0\1one", client)
        transfer.sendto(b"\0\3\0\2two", client)

    with requests, transfer:
        requests.bind((str(SERVER), 69))
        for one in (requests, transfer):
            one.settimeout(10)
        thread = threading.Thread(target=serve)
        thread.start()
        assert ask(recorded, segment) == [Outcome.EQUAL, Outcome.EQUAL]
        thread.join()
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
