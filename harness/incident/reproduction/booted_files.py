"""The files that a machine fetched as it booted, for a boot server that has none of those names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols import tftp
from harness.capture.protocols.malformed import Malformed
from harness.incident.replay.dialogue import HTTP, TFTP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from harness.incident.replay.dialogue import Dialogue, Message

STAND_IN = bytes(range(256)) * 256
"""64 KiB: more than the blocks of a file that are asked for again."""
FOUND = b" 200 "
"""What a status line has of a request that was answered with the file."""


def lay_out(dialogue: Dialogue, served: Path) -> list[Path]:
    """Put a stand-in where a boot server that serves ``tftp`` and ``http`` of a folder has not the files asked for.

    What was not found in the capture either stays missing. Returns what was written.
    """
    written = []
    for folder, name in dict.fromkeys(_fetched(dialogue)):
        root = (served / folder).resolve()
        path = (root / name.lstrip("/")).resolve()
        if path.is_relative_to(root) and path != root and not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(STAND_IN)
            written.append(path)
    return written


def _fetched(dialogue: Dialogue) -> Iterator[tuple[str, str]]:
    for one in dialogue.exchanges:
        question, answers = one.question, one.answers
        if question.protocol == TFTP and (name := _requested(question)) and not any(map(_is_error, answers)):
            yield "tftp", name
        elif question.protocol == HTTP and any(FOUND in answer.payload[:16] for answer in answers):
            target = question.payload.split(b" ", 2)[1:2]
            yield "http", b"".join(target).partition(b"?")[0].decode("ascii", "replace")


def _requested(question: Message) -> str:
    try:
        packet = tftp.parse(question.payload, question.length)
    except Malformed:
        return ""
    return packet.file if isinstance(packet, tftp.Request) and not packet.write else ""


def _is_error(answer: Message) -> bool:
    try:
        return isinstance(tftp.parse(answer.payload, answer.length), tftp.Error)
    except Malformed:
        return False
