from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from harness.capture.decoding import Decoding
from measure import capture, frame_mix


def test_a_kind_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert capture.measure("nonsense") == 2
    assert "'nonsense' is no part of questions, live" in capsys.readouterr().err


def test_a_mix_is_the_same_for_the_same_seed_and_decodes_without_an_error(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    made = frame_mix.write(one, 20_000, seed=3)
    assert frame_mix.write(other, 20_000, seed=3) == made
    assert one.read_bytes() == other.read_bytes()
    with one.open("rb") as file:
        decoding = Decoding(file, "mix")
        assert len(list(decoding)) == decoding.events.total()
    assert decoding.frames == sum(made.values()) == 20_000
    assert decoding.events["dhcp"] == made["dhcp"]
    assert decoding.events["gossip"] == made["gossip"]
    assert decoding.events["raft"] > 500
    assert set(Counter(made)) == set(frame_mix.SHARES)


@pytest.mark.kernel
def test_what_comes_is_decoded_while_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(capture, "LIVE_RATE", 10_000)
    monkeypatch.setattr(capture, "SAMPLE", 1_000)
    monkeypatch.setattr(capture, "ROUNDS", 1)
    trip, behind, speed = capture.live()
    assert trip.value > 0
    assert 0 < behind.value < 30
    assert speed.value > 100
