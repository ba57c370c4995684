"""What a machine said when it booted in vain, cut out of an incident's captures, so that it can be said again."""

from __future__ import annotations

import io
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import open_reader
from harness.capture.frames import CaptureError
from harness.capture.notes import LINK
from harness.capture.protocols import ethernet
from harness.incident.replay.extraction import Collector

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from harness.capture.frames import Frame
    from harness.incident.files.folder import Incident, Source
    from harness.incident.replay import Dialogue

MOST = 40
"""Questions of a dialogue that are kept: a boot has fewer, and one that goes on for ever says nothing new."""

OF_A_FLOW = 12
"""Frames of each connection or transfer that are kept: what is asked, and how the answer begins."""


class Booted(NamedTuple):
    """A machine that booted, and what it asked and was answered, as a pcapng file."""

    machine: str
    capture: bytes


def cut_out(incident: Incident, machines: Mapping[str, str]) -> Booted | None:
    """Return what one machine asked, and was answered, as a capture; None where nobody booted.

    `machines` are the names by MAC address. Of several machines it is the one that was left without most answers.
    """
    found = [(one, source) for source in incident.captures for one in _dialogues(source) if machines.get(one.client)]
    if not found:
        return None
    dialogue, source = max(found, key=lambda each: sum(not one.answers for one in each[0].exchanges))
    last = dialogue.exchanges[min(len(dialogue.exchanges), MOST) - 1].question.frame
    file = io.BytesIO()
    writer = Writer(file, ["eth0"], application="dumpcap")
    for frame in _of(source, dialogue.client, last):
        writer.write(frame.data, frame.time, length=frame.length)
    writer.flush()
    return Booted(machines[dialogue.client], file.getvalue())


def _dialogues(source: Source) -> list[Dialogue]:
    collector = Collector(source.name)
    try:
        for frame in _frames(source):
            collector.take(frame)
    except (CaptureError, OSError, EOFError):  # what could be read counts; the rest was told as unread
        pass
    return collector.dialogues()


def _of(source: Source, client: str, last: int) -> Iterator[Frame]:
    """Yield the frames that are about a client, as far as its dialogue is kept."""
    flows: Counter[bytes] = Counter()
    mac = bytes.fromhex(client.replace(":", ""))
    for frame in _frames(source):
        if frame.number > last + OF_A_FLOW:
            return
        if mac in frame.data[: 2 * len(mac)] or mac in frame.data[ethernet.HEADER :]:
            flow = frame.data[26:38]  # addresses and ports of IPv4 without options
            flows[flow] += 1
            if flows[flow] <= OF_A_FLOW or b"\x63\x82\x53\x63" in frame.data:
                yield frame


def _frames(source: Source) -> Iterator[Frame]:
    with source.open() as file:
        yield from (frame for frame in open_reader(file, source.name) if frame.link != LINK)
