"""Failures that released software is known to have: a harness with teeth finds them again (docs/track-record.md)."""
