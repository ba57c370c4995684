"""What all tests share."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("harness", deadline=None)  # a machine that also runs guests is slow now and then
settings.load_profile("harness")
