"""The secrets of one lab: a fresh authority, certificates, and the documents' files that carry them to a machine."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.provisioning.files import SECRET, Entry, File, Folder
from harness.stacks.places import reached_machines, stack_of
from harness.stacks.protocol import Secrets
from harness.topology.cluster_config import cluster_config

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.topology.model import Topology

FOLDER = PurePosixPath("/etc/nixos/secrets")
"""Where the documents keep a machine's secrets."""


def lab_secrets(topology: Topology, passwords: Mapping[str, str] | None = None) -> Secrets:
    """Make a fresh authority, and a certificate for each machine on the stack's VLANs.

    A certificate holds NODE, NODE.DOMAIN, the machine's address there, ``localhost`` and 127.0.0.1. Raises
    `LookupError` for a topology without a stack.
    """
    from harness.provisioning.certificates import Authority  # noqa: PLC0415 - loads cryptography, for a lab only

    domain = stack_of(topology).domain
    authority = Authority.create(f"{topology.name} lab authority")
    certificates = {
        name: authority.issue([f"{name}.{domain}", name, "localhost"], [address, "127.0.0.1"])
        for name, address in reached_machines(topology).items()
    }
    return Secrets(authority.ca_pem, certificates, passwords or {})


def secret_files(topology: Topology, machine: str, secrets: Secrets) -> dict[PurePosixPath, Entry]:
    """Return the files below ``/etc/nixos/secrets`` that the documents name; what is secret in them is 0600.

    Raises `LookupError` for a topology without a stack, and for a machine that it hasn't got or that has no card on the
    stack's VLAN.
    """
    config = json.dumps(cluster_config(topology, machine), indent=2)
    certificate = secrets.certificates[machine]
    return {
        FOLDER: Folder(0o700),
        FOLDER / "cluster-config.json": File(f"{config}\n".encode(), SECRET),
        FOLDER / "ca.crt": File(secrets.ca_pem),
        FOLDER / f"{machine}.crt": File(certificate.cert_pem),
        FOLDER / f"{machine}.key": File(certificate.key_pem, SECRET),
    }
