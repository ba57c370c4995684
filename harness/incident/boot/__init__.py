"""Faults of network boots: boot servers that did not answer, or answered wrong, and second DHCP servers. Pure."""
