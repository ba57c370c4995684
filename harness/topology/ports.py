"""The TCP and UDP ports that the documents fix, in one place."""

from __future__ import annotations

from typing import Final

# From power-on to installed.
SSH: Final = 22
DHCP_SERVER: Final = 67
DHCP_CLIENT: Final = 68
TFTP: Final = 69
HTTP: Final = 80

# Chainfire: the distributed configuration store. Its gossip is UDP and TCP on one port.
CHAINFIRE_CLIENT: Final = 2379
CHAINFIRE_RAFT: Final = 2380
GOSSIP: Final = 2381

# FlareDB: the database.
FLAREDB_CLIENT: Final = 2479
FLAREDB_RAFT: Final = 2480

# The services above them.
FLASHDNS: Final = 8053
IAM: Final = 8080
PLASMAVMC: Final = 8081
PRISMNET: Final = 8082
FIBERLB: Final = 8084
LIGHTNINGSTOR: Final = 8085
K8SHOST: Final = 8086
