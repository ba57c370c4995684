"""What a decoder says of bytes that it can't make sense of."""

from __future__ import annotations

from harness.errors import HarnessError


class Malformed(HarnessError):  # noqa: N818 - a statement about a frame, not a failure of the harness
    """Bytes are not what their place says they are. The message is the reason, in words."""


class Truncated(Malformed):
    """The bytes end before what they begin does: with more of them it may make sense."""
