"""What the harness has to know of the notice board: its files, its program, and how it is asked."""

from __future__ import annotations

import json
import sys
from importlib import resources
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from harness.machines.services import Service
from harness.provisioning.files import SECRET, Entry, File, unpack
from harness.sandbox.waiting import HEALTHY
from harness.stacks.lab_secrets import lab_secrets
from harness.stacks.places import stack_machines
from notice_board.cluster import PORT, NoticeBoards

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from harness.sandbox.waiting import Patience
    from harness.stacks.protocol import Native, Secrets, Stack
    from harness.topology.model import Topology

FOLDER = PurePosixPath("/usr/lib/notice-board")


class NoticeBoard:
    """A `Stack`, since it has these members, and a `Native`, since it has `prepare`."""

    name = "notice-board"
    absent: Mapping[str, str] = {}

    def secrets(self, topology: Topology) -> Secrets:
        """Make an authority, and a certificate for each machine."""
        return lab_secrets(topology)

    def files(self, topology: Topology, machine: str, secrets: Secrets) -> dict[PurePosixPath, Entry]:
        """Return the program, what it is told, and its certificate."""
        addresses, certificate = stack_machines(topology), secrets.certificates[machine]
        boards = {name: f"https://{address}:{PORT}" for name, address in addresses.items()}
        told = {"name": machine, "port": PORT, "boards": boards}
        return {
            FOLDER / "server.py": File((resources.files("notice_board") / "server.py").read_bytes()),
            FOLDER / "board.json": File(json.dumps(told).encode()),
            FOLDER / "ca.crt": File(secrets.ca_pem),
            FOLDER / "board.crt": File(certificate.cert_pem),
            FOLDER / "board.key": File(certificate.key_pem, SECRET),
        }

    def units(self, topology: Topology, machine: str) -> tuple[str, ...]:
        """Return no units: it is for namespace machines, which have no systemd."""
        del topology, machine
        return ()

    def cluster(self, topology: Topology, secrets: Secrets, *, patience: Patience = HEALTHY) -> NoticeBoards:
        """Return the means to ask the boards."""
        return NoticeBoards(topology, secrets, patience=patience)

    def prepare(self, topology: Topology, machine: str, secrets: Secrets, root: Path) -> tuple[Service, ...]:
        """Write a board's files below its own folder, and say what it runs."""
        unpack(self.files(topology, machine, secrets), root)
        folder = root / FOLDER.relative_to("/")
        return (Service("notice-board", (sys.executable, str(folder / "server.py"), str(folder))),)


def stack() -> Stack:
    """Return the stack; a type checker sees here whether it is one."""
    board = NoticeBoard()
    _: Native = board
    return board
