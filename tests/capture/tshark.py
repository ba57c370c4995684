"""What tshark says of a capture: an independent reader of the same file. ci/setup installs it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

Layers = dict[str, list[str]]


def fields(path: Path, display_filter: str, *names: str, ports: tuple[str, ...] = ()) -> list[Layers]:
    """Return the values of the named fields in each frame that fits a display filter; what a frame has not is left out.

    `ports` are tshark's own assignments, such as ``udp.port==8472,vxlan``.
    """
    command = ["tshark", "-n", "-r", str(path), "-Y", display_filter, "-T", "json"]
    for name in ("frame.number", *names):
        command += ["-e", name]
    for assignment in ports:
        command += ["-d", assignment]
    run = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    packets: list[Any] = json.loads(run.stdout)
    return [packet["_source"]["layers"] for packet in packets]
