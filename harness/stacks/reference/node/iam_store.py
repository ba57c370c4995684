"""IAM's state: principals and tokens, kept in FlareDB and nowhere else, with every secret hashed.

``iam/principals/NAME`` holds a salted scrypt hash (RFC 7914). ``iam/tokens/HASH`` holds whose token it is; a token is
256 random bits, so that a plain SHA-256 of it can't be guessed. Tokens are bound to leases of FlareDB, which forgets
them when they expire: no machine's clock has a say.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .etcd import RefusedError
from .https import NoAnswerError, NotSentError
from .waiting import StepError

if TYPE_CHECKING:
    from .etcd import Record, Written

ADMIN = "admin"
SCRYPT_N, SCRYPT_R, SCRYPT_P = 1 << 14, 8, 1
SALT_BYTES = 16
TOKEN_BYTES = 32
NEVER = "0" * (2 * SALT_BYTES), "0" * 128
"""The salt and hash of a principal that doesn't exist: no password has it."""


class KeyValue(Protocol):
    """What IAM needs of a database; `etcd.Etcd` is one."""

    def get(self, key: str) -> Record | None:
        """Read a key, linearizable."""

    def swap(self, key: str, expected: str | None, value: str) -> Written | None:
        """Write a value if the key holds what is expected (None: it doesn't exist)."""

    def put(self, key: str, value: str, *, lease: int = 0) -> Written:
        """Write a value, bound to a lease."""

    def delete(self, key: str) -> bool:
        """Delete a key and say whether it existed."""

    def grant(self, seconds: int) -> int:
        """Open a lease."""


@dataclass(frozen=True)
class Grant:
    """Whose a token is, and when it expires at the latest (seconds since 1970, by the clock of who issued it)."""

    principal: str
    expires: int


@dataclass(frozen=True)
class Store:
    """Principals and tokens in a database, whose errors pass through."""

    database: KeyValue

    def create_principal(self, name: str, password: str) -> bool:
        """Create a principal unless there is one of that name; say whether it was created."""
        salt = secrets.token_hex(SALT_BYTES)
        record = json.dumps({"salt": salt, "scrypt": _scrypt(password, salt)})
        return self.database.swap(_principal_key(name), None, record) is not None

    def has_principal(self, name: str) -> bool:
        """Say whether there is a principal of that name."""
        return self.database.get(_principal_key(name)) is not None

    def password_fits(self, name: str, password: str) -> bool:
        """Say whether that is the principal's password; takes as long for a principal that doesn't exist."""
        record = self.database.get(_principal_key(name))
        fields = json.loads(record.value) if record else {}
        salt, expected = fields.get("salt", NEVER[0]), fields.get("scrypt", NEVER[1])
        return hmac.compare_digest(_scrypt(password, salt), expected)

    def issue(self, principal: str, lifetime: int) -> tuple[str, Grant]:
        """Issue a token for a lifetime in seconds."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        grant = Grant(principal, int(time.time()) + lifetime)
        lease = self.database.grant(lifetime)
        record = json.dumps({"principal": grant.principal, "expires": grant.expires})
        self.database.put(_token_key(token), record, lease=lease)
        return token, grant

    def grant_of(self, token: str) -> Grant | None:
        """Return whose a token is, or None where it was never issued, has expired or was revoked."""
        record = self.database.get(_token_key(token))
        return Grant(**json.loads(record.value)) if record else None

    def revoke(self, token: str) -> bool:
        """Make a token worthless everywhere, at once; say whether it was worth anything."""
        return self.database.delete(_token_key(token))


def ensure_admin(store: Store, password: str) -> str | None:
    """Create the administrator unless another machine has; return None, or a complaint when it is worth trying again.

    Raises `StepError` where the administrator exists and has another password.
    """
    try:
        if store.has_principal(ADMIN) or not store.create_principal(ADMIN, password):
            _require(store.password_fits(ADMIN, password))
    except (NotSentError, NoAnswerError, RefusedError) as error:
        return str(error)
    return None


def _require(fits: bool) -> None:  # noqa: FBT001 - it stands alone
    if not fits:
        raise StepError(f"{ADMIN} exists with another password than this machine's: give all machines the same")


def _scrypt(password: str, salt: str) -> str:
    secret = password.encode(errors="surrogatepass")
    return hashlib.scrypt(secret, salt=bytes.fromhex(salt), n=SCRYPT_N, r=SCRYPT_R, p=SCRYPT_P).hex()


def _principal_key(name: str) -> str:
    return f"iam/principals/{name}"


def _token_key(token: str) -> str:
    return f"iam/tokens/{hashlib.sha256(token.encode(errors='surrogatepass')).hexdigest()}"
