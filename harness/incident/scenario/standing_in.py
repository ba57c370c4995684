"""Which service of the stack stands in for one of the field that is stopped or restarted by its name. Pure.

A process is killed or paused by its program's name, too, which is the same here; a service is only known by its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from harness.faults.processes import Restart, Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from harness.faults.schedule import Step

STANDS_IN: Mapping[str, str] = {"etcd": "chainfire", "etcd-server": "chainfire", "serf": "chainfire-gossip"}
"""The reference stack's Chainfire is etcd, its gossip is serf."""


def standing_in(step: Step) -> tuple[Step, str]:
    """Return a step as the stack can have it done, and what is said of that; nothing where it is as it was."""
    fault = step.fault
    if not isinstance(fault, Stop | Restart) or fault.service not in STANDS_IN:
        return step, ""
    service = STANDS_IN[fault.service]
    return replace(step, fault=replace(fault, service=service)), f"{service} stands in for {fault.service}"
