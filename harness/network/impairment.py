"""Impairments as JSON, for the control socket of whatever enforces them; the value itself is a topology's."""

from __future__ import annotations

from dataclasses import fields
from datetime import timedelta
from typing import Any

from harness.topology.impairment import Impairment

__all__ = ["Impairment", "from_json", "to_json"]


def to_json(impairment: Impairment) -> dict[str, Any]:
    """Return an impairment as JSON can carry it, durations in whole microseconds."""
    values = {field.name: getattr(impairment, field.name) for field in fields(impairment)}
    return {
        name: value // timedelta(microseconds=1) if isinstance(value, timedelta) else value
        for name, value in values.items()
    }


def from_json(values: dict[str, Any]) -> Impairment:
    """Return the impairment that `to_json` made this of. Raises as `Impairment`, and `TypeError` for unknown fields."""
    durations = {
        name: timedelta(microseconds=values[name]) for name in ("delay", "jitter") if values.get(name) is not None
    }
    return Impairment(**{**values, **durations})
