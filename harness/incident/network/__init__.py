"""Faults of the network, from what was captured: who was not heard by whom, when, and what explains it. Pure."""
