"""Rehearse a bare-metal cloud in virtual racks: provision it the real way, break it on purpose, and say what held."""

__version__ = "0.1.0"
