from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TOPOLOGY = str(Path(__file__).parents[2] / "scenarios/topologies/t036.yaml")
CAPTURE = str(Path(__file__).parents[1] / "capture/data/etcd-3.4.23-leader-kill.pcap")
PROGRAM = "import sys; from harness.cli import main; sys.exit(main())"
FULL = Path("/dev/full")

EACH = pytest.mark.parametrize(
    "words", [["--help"], ["topology", "draw", TOPOLOGY], ["topology", "check", TOPOLOGY], ["decode", CAPTURE]]
)


def harness(*words: str, unbuffered: bool = False, **options: Any) -> subprocess.CompletedProcess[str]:  # noqa: ANN401 - run's own
    command = [sys.executable, *(["-u"] if unbuffered else []), "-c", PROGRAM, *words]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **options)


@pytest.mark.parametrize("unbuffered", [False, True])
@EACH
def test_who_has_seen_enough_may_go(words: list[str], *, unbuffered: bool) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as nobody_reads:
        run = harness(*words, unbuffered=unbuffered, stdout=nobody_reads)
    assert (run.returncode, run.stderr) == (0 if words[0] == "decode" else 141, "")


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full")
@pytest.mark.parametrize("unbuffered", [False, True])
@EACH
def test_output_that_is_not_taken_is_one_line_on_standard_error(words: list[str], *, unbuffered: bool) -> None:
    with FULL.open("wb") as full:
        run = harness(*words, unbuffered=unbuffered, stdout=full)
    assert run.returncode == 2
    assert run.stderr in {"Error: standard output: No space left on device\n", "Error: No space left on device\n"}


@EACH
def test_a_closed_standard_output_takes_nothing(words: list[str]) -> None:
    run = harness(*words, preexec_fn=lambda: os.close(1))
    assert (run.returncode, run.stderr) == (0, "")


def test_what_is_opened_does_not_take_the_number_of_a_closed_output(tmp_path: Path) -> None:
    drawing = tmp_path / "t036.svg"
    words = ["topology", "draw", TOPOLOGY, "--format", "svg", "-o", str(drawing)]
    run = harness(*words, preexec_fn=lambda: os.closerange(0, 2))
    assert (run.returncode, run.stderr) == (0, "")
    assert drawing.read_text().rstrip().endswith("</svg>")


@pytest.mark.parametrize("words", [["history", "check", "-"], ["decode", "-"]])
def test_a_closed_standard_input_is_not_an_empty_one(words: list[str]) -> None:
    run = harness(*words, preexec_fn=lambda: os.close(0), stdout=subprocess.PIPE)
    assert (run.returncode, run.stdout) == (2, "")
    assert run.stderr.endswith("Bad file descriptor\n")


def test_any_name_of_a_file_can_be_told(tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff.yaml"
    Path(os.fsdecode(name)).write_text("x")
    run = harness("topology", "check", os.fsdecode(name), stdout=subprocess.PIPE)
    assert run.returncode == 2
    assert "/\\udcff.yaml:1: " in run.stdout


def test_what_the_encoding_lacks_is_escaped(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    lost = {"process": 0, "key": "ключ", "op": "read", "value": 1, "call": 0, "return": 1, "outcome": "ok"}
    history.write_text(json.dumps(lost))
    latin = {**os.environ, "PYTHONIOENCODING": "latin-1:strict"}
    run = harness("history", "check", str(history), stdout=subprocess.PIPE, env=latin)
    assert (run.returncode, run.stderr) == (1, "")
    assert "'\\u043a\\u043b\\u044e\\u0447'" in run.stdout


def test_an_interrupted_command_says_nothing_of_what_holds() -> None:
    command = [sys.executable, "-c", PROGRAM, "history", "check", "-"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as run:
        assert run.stdin is not None
        run.stdin.write(b"\n" * (1 << 20))  # more than a pipe holds: it reads
        run.stdin.flush()
        run.send_signal(signal.SIGINT)
        out, err = run.communicate(timeout=60)
    assert (run.returncode, out, err) == (130, b"", b"")
