"""The harness's side of the recorder of bridges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.network.helper_process import HelperProcess

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from harness.errors import LabError
    from harness.sandbox.netns import NetworkNamespace


class RecorderProcess(HelperProcess):
    """A running recorder."""

    def __init__(
        self, capture: Path, *, namespace: NetworkNamespace, on_death: Callable[[LabError], None] | None = None
    ) -> None:
        module = "harness.network.bridge.recorder"
        super().__init__(module, "the recorder of the bridges", capture, namespace=namespace, on_death=on_death)
        self._settings = {"capture": str(capture)}

    def start(self) -> None:
        """Start the process; returns when it answers. Raises `LabError` with its last words where it fails."""
        self.launch(self._settings)

    def tell(self, command: str, **arguments: object) -> int:
        """Have a command carried out; returns how many frames were lost to the capture so far.

        Raises as `HelperProcess.exchange`.
        """
        answer, _ = self.exchange({"do": command, **arguments}, command)
        return int(answer)
