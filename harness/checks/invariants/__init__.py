"""Invariants of a cluster: fed with what was seen, one value after another, each with a verdict at any time."""
