"""IAM, asked on any machine."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.stacks.asking import CONNECT_TIMEOUT, LOOK_TIMEOUT, Turns, name_of, reading, writing
from harness.stacks.protocol import REQUEST_TIMEOUT, MaybeHappened, Unavailable
from harness.stacks.reference.health import Place, look
from harness.stacks.reference.node.https import Endpoint

if TYPE_CHECKING:
    import ssl
    from collections.abc import Collection, Mapping
    from datetime import timedelta
    from ipaddress import IPv4Address

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Check, Which
    from harness.stacks.reference.node.https import Answer

TOKENS = "/v1/tokens"
OWN_TOKEN = "/v1/tokens/self"  # noqa: S105 - a path


class Unauthorized(HarnessError):  # noqa: N818 - HTTP's name for it
    """IAM refuses these credentials (HTTP status 401)."""


@dataclass(frozen=True)
class Token:
    """A bearer token, whose it is and when it expires at the latest; the secret itself stays out of `repr`."""

    secret: str = field(repr=False)
    principal: str
    expires: datetime


class Iam:
    """Issues, verifies and revokes tokens on any machine; what one machine does, all honour.

    `via` and `within` are as in `harness.stacks.protocol.Cluster`.
    """

    def __init__(
        self,
        addresses: Mapping[str, IPv4Address],
        port: int,
        trust: ssl.SSLContext,
        *,
        admin_password: str,
        patience: Patience,
    ) -> None:
        self._endpoints = {name: Endpoint(str(address), port, trust) for name, address in addresses.items()}
        self._turns = Turns(addresses)
        self._admin_password = admin_password
        self._patience = patience

    def issue(
        self,
        principal: str = "admin",
        password: str | None = None,
        *,
        lifetime: timedelta | None = None,
        via: Which | None = None,
        within: timedelta = REQUEST_TIMEOUT,
    ) -> Token:
        """Issue a token: for the lab's administrator, or with a password for someone else.

        Raises `Unauthorized`, `Unavailable` and `MaybeHappened`; `ValueError` where IAM finds the request unusable.
        """
        body: dict[str, object] = {"principal": principal, "password": password or self._admin_password}
        if lifetime is not None:
            body["lifetime"] = round(lifetime.total_seconds())

        def ask(name: str) -> Token:
            with writing():
                answer = self._request(name, "POST", TOKENS, body, within=within)
            fields = _expect(HTTPStatus.CREATED, answer, changes=True).fields()
            return Token(str(fields["token"]), str(fields["principal"]), _time(fields["expires"]))

        return self._turns.ask(via, ask)

    def verify(self, token: Token | str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> Token:
        """Return what IAM knows of a token. Raises `Unauthorized` for one that is worthless, and `Unavailable`."""
        secret = _secret(token)

        def ask(name: str) -> Token:
            with reading():
                answer = self._request(name, "GET", OWN_TOKEN, bearer=secret, within=within)
            fields = _expect(HTTPStatus.OK, answer, changes=False).fields()
            return Token(secret, str(fields["principal"]), _time(fields["expires"]))

        return self._turns.ask(via, ask)

    def revoke(self, token: Token | str, *, via: Which | None = None, within: timedelta = REQUEST_TIMEOUT) -> None:
        """Make a token worthless everywhere. Raises `Unavailable` and `MaybeHappened`; repeating it is harmless."""
        secret = _secret(token)

        def ask(name: str) -> None:
            with writing():
                answer = self._request(name, "DELETE", OWN_TOKEN, bearer=secret, within=within)
            _expect(HTTPStatus.NO_CONTENT, answer, changes=True)

        self._turns.ask(via, ask)

    def places(self, among: Collection[Which] | None = None) -> list[Place]:
        """Return the health endpoints of all machines, or of these. Raises `KeyError` for a machine that is unknown."""
        names = [name_of(one) for one in (self._turns.names if among is None else among)]
        timeout = self._patience.stretch(2 * LOOK_TIMEOUT).total_seconds()
        return [Place("iam", name, self._endpoints[name], timeout) for name in names]

    def checks(self, among: Collection[Which] | None = None) -> list[Check]:
        """Look at ``/health`` on all machines, or on these. Raises as `places`."""
        return look(self.places(among))

    def _request(
        self,
        name: str,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        *,
        bearer: str | None = None,
        within: timedelta,
    ) -> Answer:
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        timeout, connect = self._patience.stretch(within), self._patience.stretch(CONNECT_TIMEOUT)
        return self._endpoints[name].request(
            method,
            path,
            body,
            headers,
            timeout=timeout.total_seconds(),
            connect_timeout=connect.total_seconds(),
        )


def _expect(status: HTTPStatus, answer: Answer, *, changes: bool) -> Answer:
    if answer.status == status:
        return answer
    message = f"iam: status {answer.status}: {answer.text()}"
    if answer.status == HTTPStatus.UNAUTHORIZED:
        raise Unauthorized(message)
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        raise MaybeHappened(message) if changes and answer.fields().get("happened") != "no" else Unavailable(message)
    raise ValueError(message)


def _secret(token: Token | str) -> str:
    return token if isinstance(token, str) else token.secret


def _time(value: object) -> datetime:
    return datetime.fromtimestamp(int(str(value)), UTC)
