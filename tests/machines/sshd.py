"""A real OpenSSH server for tests, on loopback, with its own keys and nothing of the host's configuration."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from harness.machines.keys import KeyPair, generate_key
from harness.machines.ssh import SshSession
from harness.sandbox.waiting import HEALTHY, Patience, wait_until
from harness.units import seconds
from tests.ports import reserved_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import timedelta

SSHD = "/usr/sbin/sshd"
USER = pwd.getpwuid(os.getuid()).pw_name

CONFIG = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
SetEnv TMPDIR={folder}/tmp
"""


@dataclass(frozen=True)
class Server:
    port: int
    host_key: KeyPair
    user_key: KeyPair

    def session(
        self,
        *,
        key: KeyPair | None = None,
        host_key: str | None = None,
        within: timedelta = 5 * seconds,
        patience: Patience = HEALTHY,
    ) -> SshSession:
        return SshSession.connect(
            "127.0.0.1",
            port=self.port,
            machine="node01",
            username=USER,
            key=key or self.user_key,
            host_key=host_key or self.host_key.public,
            within=within,
            patience=patience,
        )


def start(folder: Path, port: int, host_key: KeyPair, user_key: KeyPair) -> subprocess.Popen[bytes]:
    if shutil.which(SSHD) is None:
        pytest.skip("no sshd here: apt-get install openssh-server")
    (folder / "tmp").mkdir()
    (folder / "host_key").write_text(host_key.private)
    (folder / "host_key").chmod(0o600)
    (folder / "authorized_keys").write_text(user_key.public + "\n")
    (folder / "sshd_config").write_text(CONFIG.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # sshd's own, for its separated privileges
    with (folder / "sshd.log").open("wb") as log:
        return subprocess.Popen([SSHD, "-D", "-e", "-f", folder / "sshd_config"], stderr=log, umask=0o022)


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[Server]:
    with reserved_port() as port:
        server = Server(port, generate_key("host"), generate_key("user"))
        process = start(folder, port, server.host_key, server.user_key)
        try:
            wait_until("sshd to listen", lambda: _listens(port), within=5 * seconds)
            yield server
        finally:
            process.terminate()
            process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
