"""Starts and stops so many of Mininet's hosts on a Linux bridge: ``python3 mininet_peer.py NUMBER``, and prints JSON.

Run by the distribution's Python, which has Mininet, and in namespaces of its own: Mininet names its devices and kills
processes as if the machine were its own. Its limits of the whole kernel are left as they are.
"""

from __future__ import annotations

import json
import sys
import time

from mininet.net import Mininet
from mininet.nodelib import LinuxBridge
from mininet.topo import SingleSwitchTopo


def main(number: int) -> None:
    """Measure, and print the seconds."""
    Mininet.inited = True  # so that it raises no limit of the kernel's
    started = time.perf_counter()
    network = Mininet(topo=SingleSwitchTopo(number), switch=LinuxBridge, controller=None, waitConnected=False)
    network.start()
    up = time.perf_counter() - started
    first, last = network.hosts[0], network.hosts[-1]
    answer = first.cmd(f"ping -n -c 1 -W 2 {last.IP()}")
    if "1 received" not in answer:
        raise SystemExit(f"{last.name} does not answer {first.name}: {answer}")
    started = time.perf_counter()
    network.stop()
    print(json.dumps({"up": up, "down": time.perf_counter() - started}))  # noqa: T201 - the result


if __name__ == "__main__":
    main(int(sys.argv[1]))
