"""Frames as evidence: captures in and out, decoders, events on one timeline, and what assertions ask of it."""
