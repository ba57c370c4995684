from __future__ import annotations

import http.client
import json
import socket
from typing import TYPE_CHECKING

import pytest

from harness.stacks.reference.node.https import Answer, Endpoint
from harness.stacks.reference.node.iam_server import LARGEST_BODY, main
from tests.stacks.reference.node.loopback_iam import serving_iam
from tests.stacks.reference.node.memory import Memory

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def endpoint(tmp_path: Path) -> Iterator[Endpoint]:
    with serving_iam(tmp_path, Memory()) as endpoint:
        yield endpoint


def test_it_speaks_https(endpoint: Endpoint, capsys: pytest.CaptureFixture[str]) -> None:
    issued = endpoint.request("POST", "/v1/tokens", {"principal": "admin", "password": "password"})
    token = issued.fields()["token"]
    headers = {"AUTHORIZATION": f"Bearer {token}"}
    assert endpoint.request("GET", "/v1/tokens/self?x=y", None, headers).fields()["principal"] == "admin"
    assert endpoint.request("DELETE", "/v1/tokens/self", None, headers) == Answer(204, b"")
    logged = capsys.readouterr().out
    assert '"POST /v1/tokens HTTP/1.1" 201' in logged
    assert token not in logged
    assert "password" not in logged


def test_a_connection_carries_several_requests(endpoint: Endpoint) -> None:
    connection = http.client.HTTPSConnection("127.0.0.1", endpoint.port, context=endpoint.trust, timeout=5)
    for path, status in (("/health", 200), ("/nothing", 404), ("/health", 200)):
        connection.request("GET", path)
        response = connection.getresponse()
        assert response.status == status
        assert json.loads(response.read())
    connection.close()


@pytest.mark.parametrize(
    "header",
    [
        {"Content-Length": str(LARGEST_BODY + 1)},
        {"Content-Length": "-1"},
        {"Content-Length": "x"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_a_body_of_no_or_too_great_length_is_not_read(endpoint: Endpoint, header: dict[str, str]) -> None:
    answer = endpoint.request("POST", "/v1/tokens", None, header)
    assert answer.status == 413
    assert "Content-Length" in answer.fields()["error"]


def test_those_who_are_silent_or_speak_no_tls_are_in_nobodys_way(endpoint: Endpoint) -> None:
    address = ("127.0.0.1", endpoint.port)
    with socket.create_connection(address), socket.create_connection(address) as plain:
        plain.sendall(b"GET /health HTTP/1.1\r\n\r\n")
        assert endpoint.request("GET", "/health", timeout=5).status == 200


def test_a_machine_that_was_told_nothing_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path)]) == 1
    assert capsys.readouterr().out.startswith("harness: failed: iam: ")
