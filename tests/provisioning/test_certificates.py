from __future__ import annotations

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.provisioning.certificates import Authority, Certificate

if TYPE_CHECKING:
    from ipaddress import IPv4Address
    from pathlib import Path

NAMES = ("node01.plasma.local", "node01", "localhost")
ADDRESSES = ("192.168.100.11", "127.0.0.1")
LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?", fullmatch=True)


def verify(tmp_path: Path, authority: Authority, certificate: Certificate, *options: str) -> str:
    (tmp_path / "ca.crt").write_bytes(authority.ca_pem)
    (tmp_path / "node.crt").write_bytes(certificate.cert_pem)
    words = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.crt", *options, "node.crt"]
    done = subprocess.run(words, cwd=tmp_path, check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


@pytest.mark.parametrize(
    "options",
    [
        ("-purpose", "sslserver"),
        ("-purpose", "sslclient"),
        ("-verify_hostname", "node01"),
        ("-verify_hostname", "node01.plasma.local"),
        ("-verify_ip", "192.168.100.11"),
        ("-verify_ip", "127.0.0.1"),
    ],
)
def test_openssl_accepts_it_for_what_it_was_issued(tmp_path: Path, options: tuple[str, ...]) -> None:
    authority = Authority.create("plasma.local")
    assert verify(tmp_path, authority, authority.issue(NAMES, ADDRESSES), *options) == "node.crt: OK\n"


@pytest.mark.parametrize(
    "options, why",
    [
        (("-verify_hostname", "node02"), "hostname mismatch"),
        (("-verify_ip", "192.168.100.12"), "IP address mismatch"),
        (("-purpose", "smimesign"), "unsuitable certificate purpose"),
        (("-attime", "946684800"), "certificate is not yet valid"),
    ],
)
def test_openssl_refuses_it_for_anything_else(tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    authority = Authority.create("plasma.local")
    assert why in verify(tmp_path, authority, authority.issue(NAMES, ADDRESSES), *options)


def test_another_authority_of_the_same_name_is_another(tmp_path: Path) -> None:
    certificate = Authority.create("plasma.local").issue(NAMES, ADDRESSES)
    assert "verification failed" in verify(tmp_path, Authority.create("plasma.local"), certificate)


def test_a_leaf_is_no_authority(tmp_path: Path) -> None:
    authority = Authority.create("plasma.local")
    leaf = authority.issue(["rogue"], [])
    key = load_pem_private_key(leaf.key_pem, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    rogue = Authority(x509.load_pem_x509_certificate(leaf.cert_pem), key).issue(["victim"], [])
    (tmp_path / "leaf.crt").write_bytes(leaf.cert_pem)
    assert "invalid CA certificate" in verify(tmp_path, authority, rogue, "-untrusted", "leaf.crt")


def test_validity_begins_in_the_past_and_lasts() -> None:
    certificate = x509.load_pem_x509_certificate(Authority.create("ca").issue(["n"], []).cert_pem)
    now = datetime.now(UTC)
    assert certificate.not_valid_before_utc < now - timedelta(hours=23)
    assert certificate.not_valid_after_utc > now + timedelta(days=3000)


def test_every_certificate_has_a_key_and_a_serial_of_its_own() -> None:
    authority = Authority.create("ca")
    one, two = authority.issue(["n"], []), authority.issue(["n"], [])
    assert one.key_pem != two.key_pem
    serials = {x509.load_pem_x509_certificate(each.cert_pem).serial_number for each in (one, two)}
    assert len(serials) == 2


def test_the_key_stays_out_of_logs() -> None:
    assert "PRIVATE" not in repr(Authority.create("ca").issue(["n"], []))


def test_python_shakes_hands_with_it(tmp_path: Path) -> None:
    authority = Authority.create("plasma.local")
    certificate = authority.issue(NAMES, ADDRESSES)
    (tmp_path / "node.pem").write_bytes(certificate.cert_pem + certificate.key_pem)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(tmp_path / "node.pem")
    serving.load_verify_locations(cadata=authority.ca_pem.decode())
    serving.verify_mode = ssl.CERT_REQUIRED
    dialling = ssl.create_default_context(cadata=authority.ca_pem.decode())
    dialling.load_cert_chain(tmp_path / "node.pem")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = serving.wrap_bio(to_server, to_client, server_side=True)
    client = dialling.wrap_bio(to_client, to_server, server_hostname="192.168.100.11")
    pending = {client, server}
    for _ in range(6):
        for side in tuple(pending):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            pending.discard(side)
    assert not pending
    assert client.getpeercert()


@settings(max_examples=20, deadline=None)
@given(st.lists(LABELS, max_size=3), st.lists(st.ip_addresses(), max_size=3))
def test_what_is_asked_for_is_what_is_in_it(names: list[str], addresses: list[IPv4Address]) -> None:
    authority = Authority.create("ca")
    if not names and not addresses:
        with pytest.raises(ValueError, match="at least one name or address"):
            authority.issue(names, addresses)
        return
    certificate = x509.load_pem_x509_certificate(authority.issue(names, addresses).cert_pem)
    alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert alternatives.get_values_for_type(x509.DNSName) == names
    assert alternatives.get_values_for_type(x509.IPAddress) == addresses


@pytest.mark.parametrize("name", ["", "x" * 65])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no common name"):
        Authority.create(name)


@pytest.mark.parametrize(
    "names, addresses", [([""], []), (["x" * 65], []), (["bücher.example"], []), ([], ["10.0.300.1"])]
)
def test_a_subject_that_is_none_is_refused(names: list[str], addresses: list[str]) -> None:
    with pytest.raises(ValueError, match=r"name|ASCII|A-label|address"):
        Authority.create("ca").issue(names, addresses)
