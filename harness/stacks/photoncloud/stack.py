"""The documents' own stack: its machines are installed by ``nixos-anywhere``, from a flake that is the user's."""

from __future__ import annotations

import os
import re
import shlex
from types import MappingProxyType
from typing import TYPE_CHECKING

from harness.errors import HostError, Missing
from harness.provisioning.own_installer import Access, OwnInstallation
from harness.sandbox import host
from harness.sandbox.waiting import HEALTHY
from harness.stacks.lab_secrets import lab_secrets, secret_files
from harness.topology.cluster_config import stack_address
from harness.units import minutes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import PurePosixPath

    from harness.provisioning.files import Entry
    from harness.sandbox.waiting import Patience
    from harness.stacks.photoncloud.cluster import PhotonCloudCluster
    from harness.stacks.protocol import Secrets
    from harness.topology.model import Topology

FLAKE = "PHOTONCLOUD_FLAKE"
OPTIONS = "PHOTONCLOUD_NIXOS_ANYWHERE_OPTIONS"
"""The environment variables that say which flake, and which options of ``nixos-anywhere`` besides ours."""

PROGRAM = "nixos-anywhere"
INSTALLED_WITHIN = 60 * minutes
"""The documents allow 30 to 60 minutes."""


class PhotonCloudStack:
    """Chainfire, FlareDB, IAM and the rest, as the documents' NixOS modules bring them.

    `flake` holds a NixOS configuration for each machine, by its name; without one, a cluster can be asked but no
    machine be installed. `options` go to ``nixos-anywhere`` before the address, `environment` comes on top of our own.
    """

    name = "photoncloud"
    absent: Mapping[str, str] = MappingProxyType({})

    def __init__(
        self,
        flake: str | None = None,
        options: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._flake = flake
        self._options = tuple(options)
        self._environment = dict(environment or {})

    def secrets(self, topology: Topology) -> Secrets:
        """Make a fresh authority, and a certificate for each machine on the stack's VLANs."""
        return lab_secrets(topology)

    def files(self, topology: Topology, machine: str, secrets: Secrets) -> dict[PurePosixPath, Entry]:
        """Return the documents' secrets for a machine; everything else is the flake's. Raises as `Stack.files`."""
        stack_address(topology, machine)
        return secret_files(topology, machine, secrets)

    def units(self, topology: Topology, machine: str) -> tuple[str, ...]:
        """Return no units: the flake enables its own. Raises as `Stack.files`."""
        stack_address(topology, machine)
        return ()

    def cluster(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> PhotonCloudCluster:
        """Return the means to ask the cluster, which trusts the lab's authority and nothing else."""
        from harness.stacks.photoncloud.cluster import PhotonCloudCluster  # noqa: PLC0415 - loads TLS, for a lab only

        return PhotonCloudCluster(topology, secrets, patience=patience)

    def installer(self, topology: Topology, machine: str) -> Callable[[Access], OwnInstallation]:
        """Return how ``nixos-anywhere --flake F#NODE root@IP`` is run on a machine.

        Raises `HostError` where it is not installed, and where nobody has said which flake.
        """
        stack_address(topology, machine)
        program, flake = host.find_program(PROGRAM), self._flake
        if program is None or flake is None or "#" in flake:
            raise HostError(*_obstacles(program, flake))

        def run(access: Access) -> OwnInstallation:
            ours = ("-i", str(access.key), "--extra-files", str(access.files))
            system = ("--flake", f"{flake}#{access.machine}")
            words = (program, *system, *ours, *self._options, f"root@{access.address}")
            return OwnInstallation(words, INSTALLED_WITHIN, self._environment)

        return run

    def booted_line(self, machine: str) -> str:
        """Return the login prompt: a system without words of the harness's own shows that on its serial console."""
        return rf"\b{re.escape(machine)} login:"


def _obstacles(program: str | None, flake: str | None) -> Iterator[Missing]:
    if program is None:
        install = f"nix profile install github:nix-community/{PROGRAM}"
        yield Missing(f"the program {PROGRAM}", f"install Nix (https://nixos.org/download), then run: {install}")
    if flake is None:
        yield Missing(
            f"{FLAKE} is not set, so nobody knows what to install",
            f"export {FLAKE}=FLAKE, which has nixosConfigurations.NODE for each machine",
        )
    elif "#" in flake:
        yield Missing(f"the flake {flake} already names a part of itself", "leave out # and what follows it")


def from_environment() -> PhotonCloudStack:
    """Return the stack as the environment variables have it. Raises `HostError` for options that can't be read."""
    try:
        options = shlex.split(os.environ.get(OPTIONS, ""))
    except ValueError as error:
        raise HostError(Missing(f"{OPTIONS} can't be read as words of a shell: {error}", "close its quotes")) from error
    return PhotonCloudStack(os.environ.get(FLAKE) or None, options)
