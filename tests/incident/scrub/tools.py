"""What tests of scrubbing share: the means of one scrubbing, learnt from what is given."""

from __future__ import annotations

from collections.abc import Callable

from harness.capture.frames import ETHERNET
from harness.incident.scrub.addresses import Addresses
from harness.incident.scrub.frames import Frames
from harness.incident.scrub.key import Key
from harness.incident.scrub.names import Names
from harness.incident.scrub.payloads import Payloads
from harness.incident.scrub.text import Text

SECRET = b"of the tests"


def key() -> Key:
    return Key(SECRET)


def text(*names: str, keep: tuple[str, ...] = ()) -> Text:
    """A text's means, ready: some names are known."""
    found = Text(key(), Addresses(key()), Names(key(), keep))
    for name in names:
        found.names.learn(name)
    found.addresses.prepare()
    return found


def twice(means: Text, use: Callable[[], object]) -> None:
    """Let everything be learnt that a use meets, as the first of two passes does."""
    fresh = Addresses(key())
    means.addresses = fresh
    use()
    means.names.settle()
    fresh.prepare()


def payloads(means: Text | None = None) -> Payloads:
    return Payloads(key(), means or text(), 32)


def scrubbed(data: bytes, means: Text | None = None, *, length: int | None = None, link_type: int = ETHERNET) -> bytes:
    """A frame scrubbed, as one of a capture of its own."""
    return Frames(payloads(means)).scrub(data, link_type, length or len(data))
