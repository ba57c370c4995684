"""What every run of pytest in this checkout shares. The fixtures of labs come from the plugin, `harness.plugin`."""

from __future__ import annotations

pytest_plugins = ["pytester"]
