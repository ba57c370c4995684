"""Read what ``journalctl -o json`` writes (systemd's Journal JSON Format), also json-pretty, json-seq and json-sse.

Fields are text; null where they have more than 4096 octets; a list of octets where they are no UTF-8 or not printable;
a list of any of these where the entry has the field several times.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from sys import intern
from typing import TYPE_CHECKING, Any

from harness.incident.entry import Entry
from harness.incident.unread import Unread

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


MICRO = 1000
RECORD_SEPARATOR = b"\x1e"
EVENT_STREAM = b"data: "
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
LONGEST_OBJECT = 4096
"""Lines of one object of ``json-pretty``; a field has one each."""
OWN_TIME = re.compile(r'\{"level":"\w+","ts":"([^"]{20,35})"')
"""How lines of Go's zap begin, etcd's among them: with when they were said."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LONGEST_WAIT = 20 * 10**9
"""What a service said waits for a journald that waits for its disk; beyond that a clock was set in between."""
LONGEST_DELAY = 300 * 10**9
"""Between a message and its receipt by journald: beyond that one of the two times is wrong."""
TOO_LONG = "(a message of more than 4096 octets; journalctl --all has it)"


def entries(lines: Iterable[bytes], file: str, host: str = "") -> Iterator[Entry | Unread]:
    """Yield the entries of a journal in the order of its lines, and what of them can't be read.

    `host` is the machine's name where entries do not say it.
    """
    for number, fields, text in objects(lines):
        if isinstance(fields, dict):
            yield _entry(fields, file, number, host)
        elif fields is None:
            yield Unread(file, f"no JSON: {_shortened(text)}", number)
        else:
            yield Unread(file, "no JSON object, expected a journal entry", number)


def is_entry(fields: object) -> bool:
    """Whether a JSON value is a journal's entry."""
    return isinstance(fields, dict) and "__REALTIME_TIMESTAMP" in fields


def objects(lines: Iterable[bytes]) -> Iterator[tuple[int, object | None, bytes]]:
    """Yield each JSON value, None for what is none, with the number of its first line and its text.

    Of an array, as ``jq -s`` makes one of a journal, each element is yielded.
    """
    for number, text in _texts(lines):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            yield number, None, text
            continue
        several = isinstance(found, list) and all(isinstance(one, dict) for one in found)
        for one in found if several else (found,):
            yield number, one, text


def _texts(lines: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield each value's text, with the number of its first line; an array's brackets and commas are left out."""
    began, held = 0, list[bytes]()
    for number, line in enumerate(lines, 1):
        text = line.strip(b" \t\r\n\0" + RECORD_SEPARATOR).removeprefix(BYTE_ORDER_MARK).removeprefix(EVENT_STREAM)
        if held and text.startswith(b"{"):  # the one before was cut off
            yield began, b"\n".join(held)
            held = []
        if held:
            ended = text in (b"}", b"},")
            held.append(text.removesuffix(b",") if ended else text)
            if ended or len(held) > LONGEST_OBJECT:
                yield began, b"\n".join(held)
                held = []
        elif text == b"{":
            began, held = number, [text]
        elif text and text not in (b"[", b"]"):
            yield number, text.removesuffix(b",")
    if held:
        yield began, b"\n".join(held)


def _entry(fields: dict[str, Any], file: str, line: int, host: str) -> Entry | Unread:
    time = _number(fields.get("__REALTIME_TIMESTAMP"))
    if time is None:
        return Unread(file, "no entry of a journal: no number in __REALTIME_TIMESTAMP", line)
    monotonic = _number(fields.get("__MONOTONIC_TIMESTAMP"))
    delay = _delay(fields, time, monotonic)
    priority = _number(fields.get("PRIORITY"))
    message = fields.get("MESSAGE", "")
    return Entry(
        file=file,
        line=line,
        host=intern(_text(fields.get("_HOSTNAME")) or host),
        time=(time - delay) * MICRO,
        monotonic=None if monotonic is None else (monotonic - delay) * MICRO,
        boot=intern(_text(fields.get("_BOOT_ID"))),
        unit=intern(_text(fields.get("UNIT") or fields.get("_SYSTEMD_UNIT"))),  # systemd speaks of others
        identifier=intern(_text(fields.get("SYSLOG_IDENTIFIER") or fields.get("_COMM"))),
        message=TOO_LONG if message is None else _text(message),
        priority=priority if priority is not None and priority <= 7 else None,  # noqa: PLR2004 - debug, the last one
        message_id=intern(_text(fields.get("MESSAGE_ID"))),
        delay=delay * MICRO,
    )


def _delay(fields: dict[str, Any], time: int, monotonic: int | None) -> int:
    """Return how long before journald's receipt the message was said, in microseconds, 0 where nobody knows."""
    said = _number(fields.get("_SOURCE_MONOTONIC_TIMESTAMP"))
    if said is not None and monotonic is not None:  # of the kernel, which journald may have read long afterwards
        return max(monotonic - said, 0)
    said, longest = _number(fields.get("_SOURCE_REALTIME_TIMESTAMP")), LONGEST_DELAY
    if said is None and (stamped := OWN_TIME.match(_text(fields.get("MESSAGE")))):
        said, longest = _moment(stamped[1]), LONGEST_WAIT
    delay = time - said if said is not None else 0
    return delay if 0 <= delay * MICRO <= longest and (monotonic is None or delay <= monotonic) else 0


def _moment(text: str) -> int | None:
    """Return a moment as ISO 8601 has it, in microseconds since 1970; None for what is none, or of no known zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment - EPOCH) // timedelta(microseconds=1) if moment.tzinfo is not None else None


def _number(value: object) -> int | None:
    text = _text(value)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 20 else None  # noqa: PLR2004 - 64 bits


def _text(value: object) -> str:
    """Return a field as text: the first of several, octets as UTF-8, with a mark for each that is none."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and value:
        if all(isinstance(one, int) and 0 <= one <= 0xFF for one in value):  # noqa: PLR2004 - octets
            return bytes(value).decode(errors="replace")
        return _text(value[0])
    return str(value) if isinstance(value, int) else ""


def _shortened(text: bytes) -> str:
    start = text[:60].decode(errors="replace")
    return repr(start) if len(text) <= 60 else f"{start!r}…"  # noqa: PLR2004 - as many as are shown
