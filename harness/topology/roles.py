"""What a machine is for."""

from __future__ import annotations

from typing import Literal, TypeAlias

Role: TypeAlias = Literal["control-plane", "worker", "storage", "hypervisor", "service"]
