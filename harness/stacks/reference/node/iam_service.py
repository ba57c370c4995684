"""IAM's interface, without sockets: a request goes in, a reply comes out.

====== ==================== ============================================ ======================================
method path                 takes                                        gives
====== ==================== ============================================ ======================================
GET    ``/health``                                                       200, or 503 while FlareDB is away
POST   ``/v1/tokens``       ``principal``, ``password``, and optionally  201 ``token``, ``principal``, ``expires``
                            ``lifetime`` (seconds)
GET    ``/v1/tokens/self``  ``Authorization: Bearer TOKEN``              200 ``principal``, ``expires``
DELETE ``/v1/tokens/self``  ``Authorization: Bearer TOKEN``              204: the token is worth nothing now
====== ==================== ============================================ ======================================

What can't be read is 400 with the reason, wrong credentials are 401 (RFC 6750), and FlareDB's absence is 503, with
``happened`` saying ``no`` or ``unknown``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .etcd import RefusedError
from .https import OK, NoAnswerError, NotSentError
from .iam_store import ADMIN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .https import Answer
    from .iam_store import Store

DEFAULT_LIFETIME = 3600
LONGEST_LIFETIME = 30 * 24 * 3600
LONGEST_SECRET = 1024
SCHEME = "bearer "


@dataclass(frozen=True)
class Request:
    """A request: method, path without query, headers with names in lower case, body."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """A status, the fields of its JSON body, and headers that go with it."""

    status: HTTPStatus
    fields: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class _RejectedError(Exception):
    """The request is not carried out; the reply says why."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.fields)
        self.reply = reply


@dataclass(frozen=True)
class Service:
    """IAM on a store; `health` asks the database how it is."""

    store: Store
    health: Callable[[], Answer]

    def answer(self, request: Request) -> Reply:
        """Carry out a request. Raises nothing that a request or the database can cause."""
        methods = self._routes().get(request.path)
        if methods is None:
            return _error(HTTPStatus.NOT_FOUND, f"there is no {request.path}")
        if request.method not in methods:
            allowed = {"Allow": ", ".join(sorted(methods))}
            return _error(HTTPStatus.METHOD_NOT_ALLOWED, f"{request.path} takes {allowed['Allow']}", headers=allowed)
        try:
            return methods[request.method](request)
        except _RejectedError as rejected:
            return rejected.reply
        except (NotSentError, RefusedError) as error:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, f"flaredb: {error}", happened="no")
        except NoAnswerError as error:
            return _error(HTTPStatus.SERVICE_UNAVAILABLE, f"flaredb: {error}", happened="unknown")

    def _routes(self) -> dict[str, dict[str, Callable[[Request], Reply]]]:
        return {
            "/health": {"GET": self._health},
            "/v1/tokens": {"POST": self._issue},
            "/v1/tokens/self": {"GET": self._verify, "DELETE": self._revoke},
        }

    def _health(self, _: Request) -> Reply:
        answer = self.health()
        if answer.status != OK:
            raise NotSentError(f"status {answer.status}: {answer.text()}")
        return Reply(HTTPStatus.OK, {"status": "healthy"})

    def _issue(self, request: Request) -> Reply:
        fields = _fields(request.body)
        principal, password = _secret(fields, "principal"), _secret(fields, "password")
        lifetime = _lifetime(fields)
        if not self.store.password_fits(principal, password):
            raise self._refusal()
        token, grant = self.store.issue(principal, lifetime)
        return Reply(
            HTTPStatus.CREATED, {"token": token, "principal": grant.principal, "expires": grant.expires}, NO_STORE
        )

    def _refusal(self) -> Exception:
        if not self.store.has_principal(ADMIN):
            return _RejectedError(
                _error(
                    HTTPStatus.SERVICE_UNAVAILABLE,
                    "iam-initial-setup has not created the administrator yet",
                    happened="no",
                )
            )
        return _unauthorized("no principal of that name has that password")

    def _verify(self, request: Request) -> Reply:
        grant = self.store.grant_of(_bearer(request))
        if grant is None:
            raise _unauthorized("the token was never issued, has expired or was revoked")
        return Reply(HTTPStatus.OK, {"principal": grant.principal, "expires": grant.expires}, NO_STORE)

    def _revoke(self, request: Request) -> Reply:
        self.store.revoke(_bearer(request))
        return Reply(HTTPStatus.NO_CONTENT)


NO_STORE = {"Cache-Control": "no-store"}


def _error(status: HTTPStatus, why: str, *, headers: Mapping[str, str] | None = None, **more: str) -> Reply:
    return Reply(status, {"error": why, **more}, headers or {})


def _bad_request(why: str) -> _RejectedError:
    return _RejectedError(_error(HTTPStatus.BAD_REQUEST, why))


def _unauthorized(why: str) -> _RejectedError:
    return _RejectedError(_error(HTTPStatus.UNAUTHORIZED, why, headers={"WWW-Authenticate": 'Bearer realm="iam"'}))


def _fields(body: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise _bad_request(f"the body: expected JSON: {error}") from error
    if not isinstance(fields, dict):
        raise _bad_request("the body: expected a JSON object")
    if unknown := sorted(set(fields) - {"principal", "password", "lifetime"}):
        raise _bad_request(f"unknown: {', '.join(unknown)}; expected principal, password and lifetime")
    return fields


def _secret(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_SECRET:
        raise _bad_request(f"{name}: expected a text of 1 to {LONGEST_SECRET} characters")
    return value


def _lifetime(fields: Mapping[str, Any]) -> int:
    value = fields.get("lifetime", DEFAULT_LIFETIME)
    if type(value) is not int or not 0 < value <= LONGEST_LIFETIME:
        raise _bad_request(f"lifetime: expected 1 to {LONGEST_LIFETIME} seconds, a whole number")
    return value


def _bearer(request: Request) -> str:
    authorization = request.headers.get("authorization", "")
    token = authorization[len(SCHEME) :].strip()
    if not authorization.lower().startswith(SCHEME) or not 0 < len(token) <= LONGEST_SECRET:
        raise _unauthorized("expected the header `Authorization: Bearer TOKEN`")
    return token
