"""The timestamp option of TCP segments (RFC 7323). Pure."""

END_OF_OPTIONS, PADDING, TIMESTAMPS, TIMESTAMPS_SIZE = 0, 1, 8, 10
USUAL_OPTIONS = bytes((PADDING, PADDING, TIMESTAMPS, TIMESTAMPS_SIZE))
"""Those of every segment of Linux's but a connection's first."""


def stamp(options: bytes) -> int:
    """Return the sender's timestamp among a segment's options, 0 without one."""
    if options[:4] == USUAL_OPTIONS:
        return int.from_bytes(options[4:8]) if len(options) >= 8 else 0  # noqa: PLR2004 - the option's value
    at, end = 0, len(options)
    while at < end and options[at] != END_OF_OPTIONS:
        if options[at] == TIMESTAMPS and at + TIMESTAMPS_SIZE <= end:
            return int.from_bytes(options[at + 2 : at + 6])
        at += 1 if options[at] == PADDING else max(options[at + 1], 2) if at + 1 < end else end
    return 0
