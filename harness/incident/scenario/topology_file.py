"""A topology as a file that people read and edit: what differs from the defaults, in YAML."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.topology.model import Topology

WIDTH = 120


def text_of(topology: Topology) -> str:
    """Return a topology as YAML; `harness.topology.loader.load` reads it back."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - loaded when a file is written

    yaml = YAML()
    yaml.indent(mapping=2, sequence=4, offset=2)
    yaml.width = WIDTH
    text = io.StringIO()
    yaml.dump(topology.model_dump(mode="json", exclude_defaults=True, by_alias=True), text)
    return text.getvalue()
