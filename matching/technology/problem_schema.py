"""The JSON Schema of the plain form of a value: what `problem_plain` writes and reads."""

from __future__ import annotations

import types
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from enum import Enum
from fractions import Fraction
from typing import Any, Union, get_args, get_origin, get_type_hints

NUMBER_PATTERN = r"^[+-]?[0-9]{1,40}(\.[0-9]{1,40}|/[0-9]{1,40})?$"


def schema_of(kind: type) -> dict[str, Any]:
    """Return the schema of a class: its fields, those that must be there, and nothing else.

    The rules of a class (ranges, sums, references) stand in its documentation: what keeps the
    schema may still be refused.
    """
    hints = get_type_hints(kind)
    parts = fields(kind)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {part.name: _schema(hints[part.name]) for part in parts},
        "additionalProperties": False,
    }
    needed = [
        part.name for part in parts if part.default is MISSING and part.default_factory is MISSING
    ]
    if needed:
        schema["required"] = needed
    if kind.__doc__ and not kind.__doc__.startswith(f"{kind.__name__}("):
        schema["description"] = kind.__doc__.split("\n")[0]
    return schema


def _schema(hint: Any) -> dict[str, Any]:
    origin = get_origin(hint)
    if origin in (types.UnionType, Union):
        chosen = [_schema(part) for part in get_args(hint) if part is not type(None)]
        return {"anyOf": [*chosen, {"type": "null"}]}
    if origin is tuple:
        return _list_schema(get_args(hint))
    if origin is not None:
        return {"type": "object"}
    if isinstance(hint, type) and is_dataclass(hint):
        return schema_of(hint)
    return _scalar_schema(hint)


def _list_schema(parts: tuple[Any, ...]) -> dict[str, Any]:
    if parts[-1] is Ellipsis:
        return {"type": "array", "items": _schema(parts[0])}
    return {
        "type": "array",
        "prefixItems": [_schema(part) for part in parts],
        "minItems": len(parts),
        "maxItems": len(parts),
    }


def _scalar_schema(hint: Any) -> dict[str, Any]:
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if hint is Fraction:
        number = {"type": "string", "pattern": NUMBER_PATTERN}
        return {"anyOf": [number, {"type": "integer"}]}
    if hint is date:
        return {"type": "string", "format": "date"}
    return {"type": {str: "string", int: "integer", bool: "boolean"}[hint]}
