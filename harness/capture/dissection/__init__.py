"""The parts of the dissector: which frames may matter, what TCP connections say, what tunnels carry."""
