from __future__ import annotations

import select
import socket
import ssl
from typing import TYPE_CHECKING

import pytest

from harness.provisioning.certificates import Authority
from harness.stacks.reference.node.https import (
    Answer,
    Endpoint,
    LastingEndpoint,
    NoAnswerError,
    NotSentError,
    UntrustedError,
    trusting,
)
from tests.ports import reserved_port
from tests.stacks.reference.node.canned import NOTHING, reply, serving
from tests.stacks.reference.node.loopback_iam import serving_iam
from tests.stacks.reference.node.memory import Memory

if TYPE_CHECKING:
    from pathlib import Path


def test_an_answer_comes_back_whatever_its_status(tmp_path: Path) -> None:
    with serving(tmp_path, reply(200, b'{"a": 1}'), reply(503, b"away")) as server:
        assert server.endpoint.request("GET", "/health").fields() == {"a": 1}
        assert server.endpoint.request("POST", "/x", {"b": "ü"}, {"X-Y": "z"}) == Answer(503, b"away")
    assert server.requests[0].startswith(b"GET /health HTTP/1.1\r\n")
    assert b"X-Y: z\r\n" in server.requests[1]


def test_where_nobody_listens_nothing_was_sent() -> None:
    with reserved_port() as port, pytest.raises(NotSentError, match=f"https://127.0.0.1:{port}: Connection refused"):
        Endpoint("127.0.0.1", port, trusting()).request("GET", "/")


def test_a_name_that_nobody_has_is_not_asked() -> None:
    with pytest.raises(NotSentError, match=r"https://nobody\.invalid:1: "):
        Endpoint("nobody.invalid", 1, trusting()).request("GET", "/")


def test_a_server_that_accepts_and_says_nothing_was_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(NotSentError, match="timed out"):
        Endpoint("127.0.0.1", silent.getsockname()[1], trusting()).request("GET", "/", connect_timeout=0.05)


def test_a_stranger_is_not_trusted(tmp_path: Path) -> None:
    stranger = Authority.create("stranger").ca_pem.decode()
    with serving(tmp_path, reply(200, b"")) as server, pytest.raises(UntrustedError, match="certificate"):
        Endpoint("127.0.0.1", server.port, trusting(ca_pem=stranger)).request("GET", "/")
    assert server.requests == []


def test_another_machines_certificate_is_not_trusted(tmp_path: Path) -> None:
    with serving(tmp_path, reply(200, b""), names=["node02"]) as server:
        with pytest.raises(UntrustedError, match=r"not valid for '127\.0\.0\.1'"):
            server.endpoint.request("GET", "/")
        assert server.requests == []


@pytest.mark.parametrize("answer", [NOTHING, b"nonsense\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"])
def test_without_a_whole_answer_nobody_knows(tmp_path: Path, answer: bytes) -> None:
    with serving(tmp_path, answer) as server, pytest.raises(NoAnswerError, match="/x: no answer"):
        server.endpoint.request("POST", "/x", {})


def test_a_server_that_takes_the_request_and_is_silent_leaves_it_open(tmp_path: Path) -> None:
    with serving(tmp_path, None) as server, pytest.raises(NoAnswerError, match="timed out"):
        server.endpoint.request("POST", "/x", {}, timeout=0.1)


@pytest.mark.parametrize("body", [b"", b"[]", b"not JSON", b"\xff"])
def test_a_body_that_is_no_object_is_a_bad_value(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"expected|Expecting|decode"):
        Answer(200, body).fields()


def test_a_long_or_binary_body_is_cut_for_a_message() -> None:
    assert len(Answer(500, b"\xff" * 1000).text()) == 200


def test_an_authority_that_is_none_is_found_at_once(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        trusting(tmp_path / "ca.crt")
    with pytest.raises(FileNotFoundError):
        trusting(tmp_path / "none.crt")


def test_a_lasting_endpoint_uses_its_connection_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving_iam(tmp_path, Memory()) as iam:
        lasting = LastingEndpoint(iam.host, iam.port, iam.trust)
        answers = [lasting.request("GET", path).status for path in ("/health", "/nothing", "/health")]
        (kept,) = lasting._idle
        assert answers == [200, 404, 200]
        assert lasting.request("GET", "/health").status == 200
        assert lasting._idle == [kept]
        lasting.close()
    said = capsys.readouterr().out
    assert said.count("/nothing") == 1
    assert "/health" not in said  # who is found healthy says nothing


def test_a_lasting_endpoint_does_not_ask_on_a_connection_that_has_ended(tmp_path: Path) -> None:
    ends_unsaid = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
    with serving(tmp_path, ends_unsaid, reply(200, b"two"), reply(200, b"three")) as server:
        lasting = LastingEndpoint("127.0.0.1", server.port, server.trust)
        assert lasting.request("GET", "/").body == b"one"
        assert select.select([lasting._idle[0].sock], [], [], 5)[0]
        assert lasting.request("GET", "/").body == b"two"
        assert lasting.request("GET", "/").body == b"three"


def test_a_lasting_endpoint_that_gets_no_whole_answer_asks_no_more_there(tmp_path: Path) -> None:
    with serving(tmp_path, NOTHING, reply(200, b"")) as server:
        lasting = LastingEndpoint("127.0.0.1", server.port, server.trust)
        with pytest.raises(NoAnswerError):
            lasting.request("POST", "/x", {})
        assert lasting.request("GET", "/").status == 200
