"""What a receiver of TCP says that came to it twice (D-SACK, RFC 2883). Pure."""

END_OF_OPTIONS, PADDING, SELECTIVE = 0, 1, 5
BLOCK = 8
SEQUENCES = 1 << 32
HALF = 1 << 31


def duplicate(options: bytes, acknowledged: int) -> int:
    """Return the sequence number from which on something came twice, 0 where nothing is said to have.

    It is the first block of a selective acknowledgement, where that lies before what is acknowledged anyway, or within
    the second block.
    """
    at, end = 0, len(options)
    while at < end and options[at] != END_OF_OPTIONS:
        if options[at] == PADDING:
            at += 1
            continue
        size = max(options[at + 1], 2) if at + 1 < end else end
        if options[at] == SELECTIVE and at + 2 + BLOCK <= end:
            return _duplicate(options[at + 2 : at + size], acknowledged)
        at += size
    return 0


def _duplicate(blocks: bytes, acknowledged: int) -> int:
    left, right = (int.from_bytes(blocks[place : place + 4]) for place in (0, 4))
    if _until(right, acknowledged):
        return left
    if len(blocks) >= 2 * BLOCK:
        lowest, highest = (int.from_bytes(blocks[place : place + 4]) for place in (8, 12))
        return left if _until(lowest, left) and _until(right, highest) else 0
    return 0


def _until(one: int, other: int) -> bool:
    """Whether a sequence number is not beyond another one."""
    return (other - one) % SEQUENCES < HALF
