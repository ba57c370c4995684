"""Segments and what is plugged into them: how frames get from one machine to another, and into a capture."""
