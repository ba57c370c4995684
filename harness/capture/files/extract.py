"""A part of a capture as a capture of its own: its links, its comments, and what the harness did meanwhile."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Literal, cast

from harness.capture.files.pcapng import Writer
from harness.capture.files.reader import frames

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from harness.capture.frames import Frame


def extract(
    sources: Iterable[Path],
    target: Path,
    wanted: Callable[[Frame], bool],
    *,
    limit: int | None = None,
    remarks: Mapping[int, str] | None = None,
) -> int:
    """Write the wanted frames of captures into a new one, the last `limit` where there are more; return how many.

    Frames keep their times, links, directions and comments. `remarks` are comments on frames, by their numbers; they
    say that number, since it is another one here. Raises `CaptureError` and `OSError` as the reader and `open` do.
    """
    kept = deque((frame for path in sources for frame in frames(path) if wanted(frame)), maxlen=limit)
    with Writer.create(target) as writer:
        copy(writer, kept, remarks or {})
    return len(kept)


def copy(writer: Writer, some: Iterable[Frame], remarks: Mapping[int, str], links: Iterable[str] = ()) -> None:
    """Write frames to a capture, with an interface for each link: of `links` at once, of others as they come."""
    known = {link: writer.add_interface(link) for link in links}
    for frame in some:
        if frame.link not in known:
            known[frame.link] = writer.add_interface(frame.link)
        remark = remarks.get(frame.number)
        said = [frame.comment, f"frame {frame.number}: {remark}" if remark else None]
        writer.write(
            frame.data,
            frame.time,
            known[frame.link],
            direction=cast('Literal["in", "out"] | None', frame.direction),
            comment="\n".join(one for one in said if one) or None,
            length=frame.length,
        )
