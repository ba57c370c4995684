from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from harness.provisioning.files import SECRET, File
from harness.stacks.lab_secrets import FOLDER, lab_secrets, secret_files
from harness.topology.loader import load

T036 = load(Path(__file__).parents[2] / "scenarios/topologies/t036.yaml")


def test_each_machine_has_a_certificate_for_its_names_and_addresses() -> None:
    secrets = lab_secrets(T036, {"iam": "hidden"})
    assert set(secrets.certificates) == {"node01", "node02", "node03"}
    assert secrets.passwords == {"iam": "hidden"}
    names = x509.load_pem_x509_certificate(secrets.certificates["node01"].cert_pem).extensions
    found = names.get_extension_for_class(x509.SubjectAlternativeName).value
    assert found.get_values_for_type(x509.DNSName) == ["node01.plasma.local", "node01", "localhost"]
    assert [str(one) for one in found.get_values_for_type(x509.IPAddress)] == ["192.168.100.11", "127.0.0.1"]


def test_each_lab_has_an_authority_of_its_own() -> None:
    assert lab_secrets(T036).ca_pem != lab_secrets(T036).ca_pem


def test_what_is_secret_is_the_owner_s_alone() -> None:
    files = secret_files(T036, "node02", lab_secrets(T036))
    modes = {path.name: entry.mode for path, entry in files.items() if isinstance(entry, File)}
    assert modes == {"cluster-config.json": SECRET, "ca.crt": 0o644, "node02.crt": 0o644, "node02.key": SECRET}
    assert {path.parent for path in files} == {FOLDER, FOLDER.parent}


def test_without_a_stack_and_for_another_machine_there_is_nothing() -> None:
    with pytest.raises(LookupError):
        lab_secrets(T036.model_copy(update={"stack": None}))
    with pytest.raises(LookupError):
        secret_files(T036, "node99", lab_secrets(T036))
