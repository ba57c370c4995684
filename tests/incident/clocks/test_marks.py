from __future__ import annotations

import pytest

from harness.capture.decoding import Decoding
from harness.capture.frames import Frame
from harness.incident.clocks.marks import MOST_TIMES, Marks
from harness.incident.files.packets import Packets
from tests.capture import build
from tests.incident.files.test_folder import CAPTURES

MILLISECOND, SECOND = 10**6, 10**9
ONE, OTHER = ("10.0.0.1", 40000), ("10.0.0.2", 2380)


def segment(time: int, flags: int, source: tuple[str, int], to: tuple[str, int], sequence: int = 5) -> Frame:
    inner = build.tcp(b"", source=source[1], to=to[1], sequence=sequence, flags=flags)
    data = build.ethernet(build.ipv4(inner, protocol=6, source=source[0], to=to[0]))
    return Frame(1, time, "eth0", data, len(data))


def marks(*frames: Frame) -> dict[tuple[str | int, ...], list[int]]:
    made = Marks()
    for frame in frames:
        made.packet(Packets("a.pcap").of(frame))
    return dict(made.times())


def test_a_connection_that_is_opened_and_ended() -> None:
    both = ("connection", "10.0.0.1:40000", "10.0.0.2:2380")
    found = marks(
        segment(0, build.SYN, ONE, OTHER),
        segment(MILLISECOND, build.SYN | build.ACK, OTHER, ONE),
        segment(5 * SECOND, build.FIN | build.ACK, OTHER, ONE),
    )
    between = ("10.0.0.1", "10.0.0.2", 2380)
    assert found.pop(("opened", *between)) == [MILLISECOND]
    assert found.pop(("ended", *between)) == [5 * SECOND]
    assert found == {
        both: [0, 5 * SECOND],
        ("client", "10.0.0.1:40000"): [0],
        ("from", "10.0.0.1"): [0],
        ("called", "10.0.0.2:2380"): [0],
    }


def test_a_refusal() -> None:
    found = marks(segment(7, build.RST | build.ACK, OTHER, ONE, sequence=0))
    assert found["refused", "10.0.0.2:2380"] == [7]


def test_what_happens_all_the_time_tells_nothing() -> None:
    every = [segment(at * SECOND, build.SYN, ("10.0.0.1", 40000 + at), OTHER) for at in range(MOST_TIMES + 5)]
    assert ("from", "10.0.0.1") not in marks(*every)
    assert ("client", "10.0.0.1:40001") in marks(*every)


@pytest.mark.parametrize("kind", ["candidate", "leader", "ended"])
def test_an_election_of_etcd_and_the_end_of_its_leader(kind: str) -> None:
    made = Marks()
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        for event in Decoding(file, "etcd"):
            made.event(event)
    with (CAPTURES / "etcd-3.4.23-leader-kill.pcap").open("rb") as file:
        from harness.capture.files.reader import open_reader  # noqa: PLC0415 - beside its only use

        for frame in open_reader(file, "etcd"):
            made.packet(Packets("etcd").of(frame))
    assert {key[0] for key, _ in made.times()} >= {kind}
