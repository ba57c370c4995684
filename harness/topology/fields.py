"""What a model wants at a location: the words for messages, and a value that can stand in for a broken one.

Both come from the descriptions and examples of the model's own fields.
"""

from __future__ import annotations

from types import NoneType, UnionType
from typing import TYPE_CHECKING, Literal, TypeGuard, Union, get_args, get_origin

from annotated_types import MinLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from harness.topology.wording import choice

if TYPE_CHECKING:
    from harness.topology.location import Location


def keys(model: type[BaseModel], location: Location) -> tuple[str, ...]:
    """Return the keys that the mapping at a location may have, in the model's order."""
    kind = _bare(_field(model, location)).annotation
    return tuple(_by_key(kind)) if _is_model(kind) else ()


def optional(model: type[BaseModel], location: Location) -> bool:
    """Return whether the key at a location may be left out."""
    return not _field(model, location).is_required()


def expectation(model: type[BaseModel], location: Location) -> str:
    """Return what is expected at a location: ``a unicast MAC address such as '52:54:00:12:34:56'``."""
    field = _bare(_field(model, location))
    kind = field.annotation
    if field.description:
        return " such as ".join([field.description, *(str(example) for example in field.examples or ())])
    if _is_model(kind):
        return f"a mapping with the keys {', '.join(_by_key(kind))}"
    return choice(get_args(kind)) if get_origin(kind) is Literal else "true or false"


def stand_in(model: type[BaseModel], location: Location) -> object:
    """Return raw input that is right at a location: fields' examples, and one item in a list."""
    field = _bare(_field(model, location))
    kind = field.annotation
    if field.examples:
        return field.examples[0]
    if _is_model(kind):
        return {key: stand_in(model, (*location, key)) for key, it in _by_key(kind).items() if it.is_required()}
    if get_origin(kind) is tuple:
        return (stand_in(model, (*location, 0)),) * max(
            [1, *(it.min_length for it in field.metadata if isinstance(it, MinLen))]
        )
    return get_args(kind)[0] if get_origin(kind) is Literal else False


def _field(model: type[BaseModel], location: Location) -> FieldInfo:
    field = FieldInfo.from_annotation(model)
    for step in location:
        kind = _bare(field).annotation
        if isinstance(step, str) and _is_model(kind):
            field = _by_key(kind)[step]
        else:
            field = FieldInfo.from_annotation(get_args(kind)[0])
    return field


def _by_key(kind: type[BaseModel]) -> dict[str, FieldInfo]:
    """Return a model's fields by the keys that a file has for them."""
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _bare(field: FieldInfo) -> FieldInfo:
    """Return the field without its being optional."""
    if field.description or get_origin(field.annotation) not in {Union, UnionType}:
        return field
    kinds = [kind for kind in get_args(field.annotation) if kind is not NoneType]
    return FieldInfo.from_annotation(kinds[0])


def _is_model(kind: object) -> TypeGuard[type[BaseModel]]:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
