"""Namespaces that hold a lab, what the host can do, how slow it is, and waiting."""
