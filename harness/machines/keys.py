"""Keys for SSH, of users and of hosts: ed25519, in OpenSSH's formats."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KeyPair:
    """An ed25519 key pair in OpenSSH's formats: the private key file, and the one line of the public key."""

    private: str
    public: str

    def __repr__(self) -> str:
        """Show the public half only; a private key has no place in a log."""
        return f"KeyPair({self.public!r})"


def generate_key(comment: str = "harness") -> KeyPair:
    """Return a new key pair, for a user or for a host. The comment ends the line of the public key."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - loaded when the first key is made
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey  # noqa: PLC0415 - as above

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    return KeyPair(private.decode(), f"{public.decode()} {comment}")
