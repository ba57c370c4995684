"""A lab of one small virtual machine, for tests that need a guest and not its cluster."""

from __future__ import annotations

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
