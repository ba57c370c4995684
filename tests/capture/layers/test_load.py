from __future__ import annotations

import subprocess
import sys

from scapy.layers.inet import TCP, UDP

from harness.capture.layers import load
from harness.capture.layers.gossip import MemberlistMessage
from harness.capture.layers.raft import EtcdChunk, RaftFrame, RaftMessage
from tests.capture import encode


def test_nothing_of_scapy_is_imported_before() -> None:
    program = "import sys, harness.capture.layers; print('scapy' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout == "False\n"


def test_layers_are_bound_to_the_ports_that_are_given() -> None:
    load(raft=(9380,), gossip=(9946,))
    chunk = EtcdChunk(frames=[RaftFrame(message=RaftMessage(type=8))])
    assert EtcdChunk in TCP(bytes(TCP(sport=9380, dport=1) / chunk))
    assert EtcdChunk not in TCP(bytes(TCP(sport=9381, dport=1) / chunk))
    assert EtcdChunk not in TCP(bytes(TCP(sport=9380, dport=1)) + b"HTTP/1.1 200 OK\r\n\r\n")
    ping = encode.gossip(0, {"SeqNo": 1, "Node": b"x"})
    assert MemberlistMessage in UDP(bytes(UDP(sport=1, dport=9946) / ping))
    assert MemberlistMessage in UDP(bytes(UDP(sport=9946, dport=1) / ping))
