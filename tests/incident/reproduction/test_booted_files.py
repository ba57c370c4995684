from __future__ import annotations

from pathlib import Path

from harness.incident.replay import dialogue_of
from harness.incident.reproduction.booted_files import STAND_IN, lay_out

BOOT = Path(__file__).parents[1] / "captures/t036-uefi.pcapng"


def test_what_a_machine_fetched_is_there_and_what_is_there_stays(tmp_path: Path) -> None:
    for name in ("tftp", "http"):
        (tmp_path / name).mkdir()
    dialogue = dialogue_of(BOOT)
    written = lay_out(dialogue, tmp_path)
    assert {path.parent.name for path in written} == {"tftp", "http"}
    assert {path.read_bytes() for path in written} == {STAND_IN}
    written[0].write_bytes(b"own")
    assert lay_out(dialogue, tmp_path) == []
    assert written[0].read_bytes() == b"own"
