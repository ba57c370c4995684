"""A VLAN-aware learning switch in user space: its pure core, and the process that runs it."""
