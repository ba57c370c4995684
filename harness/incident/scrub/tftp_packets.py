"""TFTP packets without what they carry: who asked for what kind of file, and how far it came, stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.capture.protocols import tftp

if TYPE_CHECKING:
    from harness.incident.scrub.text import Text

NUMBERED = 4


def scrubbed(payload: bytes, text: Text) -> bytes | None:
    """Return a packet as long as it was, None where it is none."""
    if len(payload) < NUMBERED or payload[0]:
        return None
    operation = payload[1]
    if operation in (tftp.DATA, tftp.ACK):
        return payload[:NUMBERED] + bytes(len(payload) - NUMBERED)
    if operation == tftp.ERROR:
        return payload[:NUMBERED] + _texts(payload[NUMBERED:], text)
    if operation in (tftp.READ, tftp.WRITE, tftp.OACK):
        return payload[:2] + _texts(payload[2:], text)
    return None


def _texts(octets: bytes, text: Text) -> bytes:
    """Return texts that zeros part, each as long as it was: blanks fill one up, too long a one is blanked."""
    parts = [part.decode("latin-1") for part in octets.split(b"\0")]
    found = [text.known(part) for part in parts]
    pairs = zip(found, parts, strict=True)
    return b"\0".join(
        (one.ljust(len(part)) if len(one) <= len(part) else text.blank(part)).encode("latin-1", "replace")
        for one, part in pairs
    )
