"""QEMU's own monitor (QMP), through libvirt: what libvirt has no words for.

Source: QEMU, "QMP Reference Manual"; libvirt, ``virDomainQemuMonitorCommandWithFiles``.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from harness.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


class Monitor:
    """The monitor of one running domain."""

    def __init__(self, domain: Any, name: str) -> None:  # noqa: ANN401 - libvirt has no types
        self._domain = domain
        self._name = name

    def __call__(self, command: str, /, **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Run a command and return its answer. Raises `LabError` with what QEMU has against it."""
        return self._ask(command, {key.replace("_", "-"): arguments[key] for key in arguments})

    def call(self, command: str, arguments: Mapping[str, object]) -> Any:  # noqa: ANN401 - JSON
        """Run a command whose arguments have names as given, and return its answer. Raises as when called."""
        return self._ask(command, arguments)

    def give(self, name: str, path: Path, flags: int) -> None:
        """Open a file and hand the descriptor to QEMU, which knows it as ``fd:NAME`` then.

        So neither the path nor the right to open it need exist where QEMU is, and its seccomp filter has no say.
        """
        descriptor = os.open(path, flags | os.O_CLOEXEC, 0o600)
        try:
            self._ask("getfd", {"fdname": name}, [descriptor])
        finally:
            os.close(descriptor)

    def _ask(self, command: str, arguments: Mapping[str, object], files: Sequence[int] = ()) -> Any:  # noqa: ANN401 - JSON
        import libvirt  # noqa: PLC0415 - loaded when the first virtual machine is asked for
        import libvirt_qemu  # noqa: PLC0415 - as above

        told = json.dumps({"execute": command, "arguments": arguments})
        try:
            if files:
                answer, _ = libvirt_qemu.qemuMonitorCommandWithFiles(self._domain, told, list(files), 0)
            else:
                answer = libvirt_qemu.qemuMonitorCommand(self._domain, told, 0)
        except libvirt.libvirtError as error:
            raise LabError(f"QEMU's monitor did not take {command}: {error}", machine=self._name) from error
        said = json.loads(answer)
        if "error" in said:
            raise LabError(f"QEMU refused {command}: {said['error'].get('desc', said['error'])}", machine=self._name)
        return said["return"]
