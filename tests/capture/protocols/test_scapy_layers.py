from __future__ import annotations

import subprocess
import sys

import pytest

from harness.capture.protocols import scapy_layers
from harness.capture.protocols.malformed import Malformed


def test_what_scapy_stumbles_over_is_malformed() -> None:
    with pytest.raises(Malformed, match="scapy can't read 3 bytes as BFD: "):
        scapy_layers.dissect(scapy_layers.BFD, "BFD", b"abc")


def test_a_layer_reads_what_it_made() -> None:
    made = bytes(scapy_layers.load(scapy_layers.BFD).BFD(detect_mult=7))
    assert scapy_layers.dissect(scapy_layers.BFD, "BFD", made).detect_mult == 7


def test_scapy_is_loaded_when_a_frame_needs_it_and_says_nothing() -> None:
    program = (
        "import sys, harness.capture.timeline; print('scapy' in sys.modules)\n"
        "from harness.capture.protocols import bgp; print(bgp.family(1, 1), 'scapy' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert (run.stdout, run.stderr) == ("False\nipv4/unicast True\n", "")
