"""What every part of a topology is: a frozen value that takes nothing it does not know."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Spec(BaseModel):
    """A part of a topology: immutable, and without room for keys that nobody reads or values that are nearly right."""

    # Serialized under the keys of the file, so that what is written can be read again.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, serialize_by_alias=True)
