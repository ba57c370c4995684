"""The secret of one scrubbing: all that stands for something else is drawn from it, and nobody keeps it."""

from __future__ import annotations

import secrets
from hashlib import blake2b

SIZE = 32
LARGEST = 64


class Key:
    """A keyed hash (BLAKE2, RFC 7693): the same in, the same out, and no way back without the secret."""

    def __init__(self, secret: bytes | None = None) -> None:
        """Take a secret of up to 64 octets, or draw a new one."""
        self._secret = secret or secrets.token_bytes(SIZE)

    def noise(self, purpose: str, of: bytes, size: int) -> bytes:
        """Return `size` octets that stand for others; `purpose` keeps apart what is drawn for different ends."""
        found = b""
        while len(found) < size:
            said = len(found).to_bytes(4) + of
            found += blake2b(said, key=self._secret, person=purpose.encode(), digest_size=LARGEST).digest()
        return found[:size]

    def number(self, purpose: str, of: bytes, below: int) -> int:
        """Return a number that stands for octets, from 0 on and below a bound."""
        return int.from_bytes(self.noise(purpose, of, 16)) % below
