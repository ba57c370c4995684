from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from harness.provisioning.certificates import Authority
from harness.stacks.reference.node.credentials import check_credentials
from harness.stacks.reference.node.waiting import StepError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    authority = Authority.create("ca")
    certificate = authority.issue(["node01.plasma.local", "node01"], ["192.168.100.11"])
    (tmp_path / "ca.crt").write_bytes(authority.ca_pem)
    (tmp_path / "node01.crt").write_bytes(certificate.cert_pem)
    (tmp_path / "node01.key").write_bytes(certificate.key_pem)
    (tmp_path / "node01.key").chmod(0o600)
    return tmp_path


def test_what_belongs_together_is_accepted(folder: Path) -> None:
    check_credentials(folder, "node01")


def another_machine(folder: Path) -> None:
    for kind in ("crt", "key"):
        (folder / f"node01.{kind}").rename(folder / f"node02.{kind}")


def another_key(folder: Path) -> None:
    (folder / "node01.key").write_bytes(Authority.create("ca").issue(["node01"], []).key_pem)


@pytest.mark.parametrize(
    "spoil, node, why",
    [
        (lambda folder: (folder / "ca.crt").unlink(), "node01", "ca.crt: No such file"),
        (lambda folder: (folder / "node01.key").unlink(), "node01", "node01.key: No such file"),
        (lambda folder: (folder / "node01.key").chmod(0o640), "node01", r"expected mode 0600.*\(040\)"),
        (lambda folder: (folder / "ca.crt").write_text("x"), "node01", "ca.crt: expected a certificate in PEM"),
        (lambda folder: (folder / "node01.crt").write_text("x"), "node01", "expected the private key of .*node01.crt"),
        (another_key, "node01", "node01.key: expected the private key of"),
        (another_machine, "node02", "node02.crt: .*not valid for 'node02'"),
        (
            lambda folder: (folder / "ca.crt").write_bytes(Authority.create("other").ca_pem),
            "node01",
            "node01.crt: .*local issuer",
        ),
    ],
)
def test_what_does_not_is_named(folder: Path, spoil: Callable[[Path], object], node: str, why: str) -> None:
    spoil(folder)
    with pytest.raises(StepError, match=why):
        check_credentials(folder, node)
