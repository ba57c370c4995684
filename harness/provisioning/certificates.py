"""A certificate authority for one lab, and the certificates that its machines serve and dial with.

This module loads `cryptography`; import it where a lab is made, not where the plugin starts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TYPE_CHECKING, TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable

Address: TypeAlias = IPv4Address | IPv6Address | str

BACKDATED = timedelta(days=1)
"""How far in the past validity begins: a machine's clock may be behind until something sets it."""
LIFETIME = timedelta(days=3650)
COMMON_NAME_LIMIT = 64
"""The longest common name (RFC 5280, appendix A.1, ub-common-name)."""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its private key, both PEM; the key is PKCS #8 without a pass phrase and stays out of `repr`."""

    cert_pem: bytes
    key_pem: bytes = field(repr=False)


class Authority:
    """Issues certificates that etcd (Go) and Python accept: ECDSA on P-256 with SHA-256 (RFC 5280, RFC 5480)."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, name: str) -> Authority:
        """Make an authority with a fresh key and a certificate that it signs itself; `name` is its common name.

        Raises `ValueError` for a name that is empty or longer than 64 characters.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        builder = (
            _builder(_name(name), _name(name), key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(signs_certificates=True), critical=True)
        )
        return cls(builder.sign(key, SHA256()), key)

    @property
    def ca_pem(self) -> bytes:
        """The authority's own certificate, PEM: what everyone who shall trust it is given."""
        return self._certificate.public_bytes(Encoding.PEM)

    def issue(self, names: Iterable[str], addresses: Iterable[Address]) -> Certificate:
        """Issue a certificate for serving and dialling (TLS server and client) under DNS names and IP addresses.

        The first of them becomes the common name. Raises `ValueError` where there is none, for an address that is
        none, and for a name that is empty, not ASCII, or too long to be the common name.
        """
        alternatives = _alternatives(names, addresses)
        key = ec.generate_private_key(ec.SECP256R1())
        usages = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        builder = (
            _builder(_name(str(alternatives[0].value)), self._certificate.subject, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
            .add_extension(issuer, critical=False)
        )
        key_pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Certificate(builder.sign(self._key, SHA256()).public_bytes(Encoding.PEM), key_pem)


def _name(common_name: str) -> x509.Name:
    if not 0 < len(common_name) <= COMMON_NAME_LIMIT:
        msg = f"{common_name!r} is no common name: expected 1 to {COMMON_NAME_LIMIT} characters"
        raise ValueError(msg)
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    start = datetime.now(UTC) - BACKDATED
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _alternatives(names: Iterable[str], addresses: Iterable[Address]) -> list[x509.GeneralName]:
    alternatives: list[x509.GeneralName] = [_dns_name(name) for name in names]
    alternatives += [x509.IPAddress(ip_address(address)) for address in addresses]
    if not alternatives:
        raise ValueError("a certificate needs at least one name or address")
    return alternatives


def _dns_name(name: str) -> x509.DNSName:
    if not name:
        raise ValueError("'' is no DNS name: expected at least one character")
    return x509.DNSName(name)
