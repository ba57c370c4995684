"""The harness's side of a switch: its process, and what it was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from harness.network.helper_process import HelperProcess
from harness.network.protocol import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from harness.errors import LabError
    from harness.sandbox.netns import NetworkNamespace

CHANGES = ("cut", "impair", "deafen", "hear")


class SwitchProcess(HelperProcess):
    """A running switch."""

    def __init__(
        self,
        capture: Path,
        *,
        namespace: NetworkNamespace,
        seed: str,
        on_death: Callable[[LabError], None] | None = None,
    ) -> None:
        module = "harness.network.switch.process"
        super().__init__(module, "the switch", capture, namespace=namespace, on_death=on_death)
        self._settings = {"capture": str(capture), "seed": seed}
        self.changes: list[Change] = []
        """What was done to links and to hearing, in order."""

    def start(self) -> None:
        """Start the process; returns when it answers. Raises `LabError` with its last words where it fails."""
        self.launch(self._settings)

    def tell(self, command: str, *, descriptors: Sequence[int] = (), **arguments: object) -> Any:  # noqa: ANN401 - JSON
        """Have a command carried out and return its answer. Raises as `HelperProcess.exchange`."""
        answer, at = self.exchange({"do": command, **arguments}, command, descriptors)
        if command in CHANGES:
            self.changes.append(Change(at, command, arguments))
        return answer
