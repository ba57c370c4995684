"""How files start that can't be read, and what to do about each. Pure."""

from __future__ import annotations

import re

STARTS = {
    b"\x28\xb5\x2f\xfd": "compressed by zstd; unpack it with unzstd",
    b"\x04\x22\x4d\x18": "compressed by lz4; unpack it with unlz4",
    b"LPKSHHRH": "a journal's own file; export it with journalctl --file=FILE -o json",
    b"__CURSOR=": "written by journalctl -o export; expected journalctl -o json",
    b"\xff\xfe": "text in UTF-16; make it UTF-8 with iconv -f UTF-16 -t UTF-8",
    b"\xfe\xff": "text in UTF-16; make it UTF-8 with iconv -f UTF-16 -t UTF-8",
    b"PK\x03\x04": "a zip archive; unpack it",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it",
    b"SQLite format 3": "a database of SQLite",
}
TAR, TAR_AT = b"ustar", 257
"""POSIX's mark, and where it is in an archive's first header."""
JOURNAL_AS_TEXT = re.compile(
    rb"-- (?:Journal|Logs) begin|-- Boot [0-9a-f]{32} --"
    rb"|(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)?|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:?\d\d)"
    rb" \S+ [^\s:\[]+(?:\[\d+\])?: "
)
"""How ``journalctl -o short``, ``short-precise`` and ``short-iso`` write, and a syslog does."""


def why(start: bytes) -> str | None:
    """Return why a file that starts so can't be read, None where nothing is known of it."""
    for magic, reason in STARTS.items():
        if start.startswith(magic):
            return reason
    if start[TAR_AT : TAR_AT + len(TAR)] == TAR:
        return "an archive of tar; unpack it"
    if JOURNAL_AS_TEXT.match(start):
        return "a journal as text; expected journalctl -o json"
    if start and not start.strip(b"\0"):
        return "nothing but zeros"
    return None
