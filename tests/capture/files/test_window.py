from __future__ import annotations

import io
from typing import TYPE_CHECKING

from harness.capture.files.window import Windowed
from harness.capture.frames import Frame

if TYPE_CHECKING:
    from collections.abc import Iterator


class Pairs(Windowed):
    """A format whose every frame is a pair of bytes."""

    record = "pair"

    def _frames(self) -> Iterator[Frame]:
        while self._at + 2 <= len(self._data):
            start, self._at = self._at, self._at + 2
            yield Frame(start, 0, "link", self._data[start : self._at], 2)


def test_a_file_that_grows_is_read_on_where_it_ended() -> None:
    file = io.BytesIO(b"aabbc")
    reader = Pairs(file, "some.pairs")
    assert [frame.data for frame in reader] == [b"aa", b"bb"]
    assert reader.truncated == "some.pairs: the last pair, at byte 4, is cut off after 1 bytes"
    file.write(b"cd")
    file.seek(5)
    assert [frame.data for frame in reader] == [b"cc"]
    assert reader.truncated == "some.pairs: the last pair, at byte 6, is cut off after 1 bytes"
