"""What every part of a topology is: a frozen value that takes nothing it does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Mapping


class Spec(BaseModel):
    """A part of a topology: immutable, and without room for keys that nobody reads or values that are nearly right."""

    # Serialized under the keys of the file, so that what is written can be read again.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, serialize_by_alias=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with other values under the keys of the file, which are not checked.

        Raises `TypeError` for a key that there is none of: pydantic would keep the value where nothing reads it.
        """
        names = {field.alias or name: name for name, field in type(self).model_fields.items()}
        changes = {names.get(key, key): value for key, value in (update or {}).items()}
        if unknown := changes.keys() - names.values():
            raise TypeError(f"{type(self).__name__} has no key {', '.join(sorted(unknown))}, only {', '.join(names)}")
        return super().model_copy(update=changes, deep=deep)
