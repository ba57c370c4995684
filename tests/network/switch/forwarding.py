"""What leaves a switch, made of what its core decides, as the fabric makes it."""

from __future__ import annotations

from harness.network import tags
from harness.network.switch.core import SwitchCore


def forward(core: SwitchCore, port: int, frame: bytes, now: float) -> list[tuple[int, bytes]]:
    decision = core.decide(port, tags.key(frame), len(frame), now)
    addresses, rest = frame[: tags.ADDRESSES], frame[tags.ADDRESSES + decision.strip :]
    return [(output.port, addresses + output.tag + rest) for output in decision.outputs]
