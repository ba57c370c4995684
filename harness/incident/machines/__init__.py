"""Faults of machines, from their journals and frames: power, services, disks, memory and clocks. Pure."""
