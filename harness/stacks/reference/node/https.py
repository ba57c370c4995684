"""One HTTPS request, and what is known when it fails: nothing was sent, or nobody knows whether it was carried out."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

OK = 200


class NotSentError(Exception):
    """The request never left: whatever it asked for did not happen."""


class UntrustedError(NotSentError):
    """The other side's certificate is not to be trusted; trying again will not help."""


class NoAnswerError(Exception):
    """The request left, and no whole answer came: whether it was carried out is not known."""


@dataclass(frozen=True)
class Answer:
    """An HTTP status (RFC 9110, section 15) and the body that came with it."""

    status: int
    body: bytes

    def fields(self) -> dict[str, Any]:
        """Return the body as a JSON object. Raises `ValueError` where it is none."""
        fields = json.loads(self.body)
        if not isinstance(fields, dict):
            msg = f"expected a JSON object, found {self.text()}"
            raise ValueError(msg)  # noqa: TRY004 - what came over the wire is a bad value, not a caller's mistake
        return fields

    def text(self) -> str:
        """Return the beginning of the body, fit for a message."""
        return self.body[:200].decode(errors="replace").strip()


def trusting(ca_file: Path | str | None = None, *, ca_pem: str | None = None) -> ssl.SSLContext:
    """Return a TLS client's context that trusts this authority only and checks names.

    Raises `OSError` for a file that can't be read, and `ssl.SSLError` (an `OSError`, too) for one that holds no
    certificate.
    """
    return ssl.create_default_context(cafile=ca_file, cadata=ca_pem)


@dataclass(frozen=True)
class Endpoint:
    """Where a service listens, and whom to trust there. Each request has a connection of its own."""

    host: str
    port: int
    trust: ssl.SSLContext

    def __str__(self) -> str:
        return f"https://{self.host}:{self.port}"

    def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        timeout: float = 10.0,
        connect_timeout: float | None = None,
    ) -> Answer:
        """Send one request and return the answer, whatever its status.

        The timeouts are in seconds: for the whole, and for the connection with its TLS handshake. Raises
        `NotSentError` (`UntrustedError` for a bad certificate) and `NoAnswerError`.
        """
        deadline = time.monotonic() + timeout
        connection = self._connect(min(timeout, connect_timeout or timeout))
        try:
            connection.sock.settimeout(max(deadline - time.monotonic(), 0.001))
            content = None if body is None else json.dumps(body).encode()
            connection.request(method, path, content, dict(headers or {}))
            response = connection.getresponse()
            answer = Answer(response.status, response.read())
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NoAnswerError(f"{self}{path}: no answer: {_reason(error)}") from error
        self._release(connection)
        return answer

    def stream(self, method: str, path: str, body: Mapping[str, object], *, connect_timeout: float = 10.0) -> Stream:
        """Send one request whose answer is a line of JSON each time that there is something to tell.

        The timeout, in seconds, is for the connection and for the first line. Raises as `request` does, `NoAnswerError`
        also for any status but 200.
        """
        connection = self._connect(connect_timeout)
        try:
            connection.request(method, path, json.dumps(dict(body)).encode())
            plug = connection.sock
            response = connection.getresponse()
            first = response.readline() if response.status == OK else response.read()
            if response.status == OK:
                plug.settimeout(None)
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            raise NoAnswerError(f"{self}{path}: no answer: {_reason(error)}") from error
        if response.status != OK:
            connection.close()
            raise NoAnswerError(f"{self}{path}: status {response.status}: {Answer(response.status, first).text()}")
        return Stream(plug, response, first)

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        connection = http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=self.trust)
        try:
            connection.connect()
        except ssl.SSLCertVerificationError as error:
            raise UntrustedError(f"{self}: {error.verify_message or _reason(error)}") from error
        except OSError as error:
            raise NotSentError(f"{self}: {_reason(error)}") from error
        return connection

    def _release(self, connection: http.client.HTTPSConnection) -> None:
        """Take back a connection on which a whole answer has come."""
        connection.close()


@dataclass(frozen=True)
class LastingEndpoint(Endpoint):
    """An endpoint whose connections are used again, by any thread: a TLS handshake costs more than most requests."""

    _idle: list[http.client.HTTPSConnection] = field(default_factory=list, init=False, repr=False, compare=False)

    def connect(self, timeout: float) -> None:
        """Have a connection ready, within a timeout in seconds. Raises `NotSentError`."""
        self._release(self._connect(timeout))

    def close(self) -> None:
        """Close the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def _connect(self, timeout: float) -> http.client.HTTPSConnection:
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return super()._connect(timeout)
            if not _has_ended(connection):
                return connection
            connection.close()

    def _release(self, connection: http.client.HTTPSConnection) -> None:
        if connection.sock is None:  # the server wants no more of it
            connection.close()
        else:
            self._idle.append(connection)


def _has_ended(connection: http.client.HTTPSConnection) -> bool:
    """Say whether the other side has ended it, or has said what nobody asked for.

    What TLS itself has to say, such as tickets after the handshake, is taken in.
    """
    connection.sock.settimeout(0)
    try:
        connection.sock.recv(1)
    except ssl.SSLWantReadError:
        return False
    except OSError:
        return True
    return True


class Stream:
    """An answer that goes on: an object for each line, until the other side ends it or somebody here closes it."""

    def __init__(self, plug: socket.socket, response: http.client.HTTPResponse, first: bytes) -> None:
        self._socket = plug
        self._response = response
        self._first = first

    def __iter__(self) -> Iterator[dict[str, Any]]:
        """Yield the objects, and close it at their end. Raises `NoAnswerError` where it breaks off, or is no JSON."""
        line = self._first
        try:
            while line:
                yield Answer(OK, line).fields()
                line = self._response.readline()
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise NoAnswerError(f"the answer broke off: {_reason(error)}") from error
        finally:
            self._response.close()
            self._socket.close()

    def end(self) -> None:
        """End it from another thread: whoever waits for its next line is woken, and closes it."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
