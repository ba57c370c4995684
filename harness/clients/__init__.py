"""Clients that load a cluster while it is broken, and write down what they saw."""
