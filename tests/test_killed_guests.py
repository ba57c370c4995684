"""Workers with real guests, and their controller, killed at random moments: nothing of them is left on the host."""

from __future__ import annotations

import pytest

from tests import killing

pytestmark = [pytest.mark.kernel, pytest.mark.guest]

MOMENTS = 10
UP_TO = 8.0
"""Seconds after the workers' start: building takes the first two or three, then guests come and go."""

TOPOLOGY = """
name: tiny
vlans:
  - {name: cluster, subnet: 192.168.100.0/24, scenario_address: 192.168.100.254}
boot_server: {name: pxe, vlan: cluster, address: 192.168.100.1}
disk_layout:
  device: /dev/vda
  esp_size: 512 MiB
  esp_mount: /boot
  volume_group: pool
  volumes: [{name: root, filesystem: ext4, mount: /}]
machines:
  - name: node01
    role: control-plane
    memory: 512 MiB
    disk: 10 GiB
    nics: [{name: eth0, mac: "52:54:00:00:01:01", vlan: cluster, address: 192.168.100.11}]
stack:
  kind: reference
  domain: tiny.example
  vlan: cluster
  bootstrap: [node01]
  raft: {heartbeat: 100 ms, election_timeout: 1000 ms, peer_tls: false}
"""

RESTORED = """
import pytest
pytestmark = pytest.mark.lab("it")

@pytest.mark.parametrize("time", range(2))
def test_it(lab, time):
    machine = lab.machines["node01"]
    machine.on()
    lab.checkpoint("early")
    lab.restore("early")
    lab.links("node01").cut()
    lab.checkpoint("mid-fault")
    lab.restore("early")
    lab.restore("mid-fault")
    machine.cut()
"""

BOOTING = """
import pytest
from harness.units import minutes
pytestmark = pytest.mark.lab("it")

def test_it(lab):
    machine = lab.machines["node01"]
    machine.on()
    machine.console.wait_for("this line is never said", within=2 * minutes)
"""


def test_whoever_is_killed_and_whenever_no_guest_is_left() -> None:
    modules = {name: BOOTING if name == "d" else RESTORED for name in "abcdef"}
    with killing.suite(TOPOLOGY, modules) as suite:
        suite.kill_at_random(MOMENTS, UP_TO)
