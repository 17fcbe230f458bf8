"""Validation errors of a params file as one sentence: the key, the allowed values, the value found."""

import difflib
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

__all__ = ["format_validation_error"]

#: type of a pydantic error -> allowed values; names in braces come from the error's context
_MUST_BE = {
    "string_type": "text (in quotes, where it looks like a number or a date)",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "tuple_type": "a list, such as [a, b]",
    "dict_type": "a mapping of keys to values",
    "too_short": "a list with at least one entry",
    "literal_error": "one of {expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}


def format_validation_error(error: ValidationError, root: type[BaseModel], path: Path) -> str:
    """Return the first error as a sentence.

    Parameters
    ----------
    error : ValidationError
        Raised by `root`. An unknown key comes before a missing one, because a typo causes both.
    root : type of BaseModel
        Model of the whole file.
    path : Path
        The params file.
    """
    first = min(error.errors(include_url=False), key=lambda entry: entry["type"] != "extra_forbidden")
    location, kind, got = first["loc"], first["type"], first.get("input")
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        allowed = _allowed_keys(_follow(root, location[:-1]))
        key = str(location[-1])
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"The key {where} of {path} must be one of {', '.join(allowed)}. Got {key}.{hint}"
    if kind == "missing":
        return f"The key {where} of {path} must be given. It is missing."
    if kind == "value_error":
        message = first["msg"].removeprefix("Value error, ")
        if not location:  # a rule between sections: the first word is the section
            where, _, message = message.partition(" ")
        end = "" if message.endswith("?") else "."
        return f"The {'section' if not location else 'key'} {where} of {path} {message}{end}"
    if kind == "model_type":
        must = f"a mapping with the keys {', '.join(_allowed_keys(_follow(root, location)))}"
    else:
        must = _MUST_BE.get(kind, "valid: " + first["msg"]).format(**first.get("ctx", {}))
    return f"The key {where} of {path} must be {must}. Got {_describe(got)}."


def _describe(value: Any) -> str:
    if value is None:
        return "nothing"
    kinds = ((dict, "a mapping"), ((list, tuple), "a list"))
    return next(
        (words if value else f"{words} with no entry" for kind, words in kinds if isinstance(value, kind)), repr(value)
    )


def _allowed_keys(annotation: Any) -> list[str]:
    fields = _unwrap(annotation).model_fields
    return sorted(field.alias or name for name, field in fields.items())


def _follow(annotation: Any, location: tuple[int | str, ...]) -> Any:
    """Return the annotation at a location within records, mappings and lists."""
    for part in location:
        annotation = _unwrap(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
            annotation = fields[str(part)].annotation
        else:
            arguments = [entry for entry in typing.get_args(annotation) if entry is not Ellipsis]
            annotation = arguments[-1]
    return annotation


def _unwrap(annotation: Any) -> Any:
    """Remove ``Annotated`` and ``| None``."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _unwrap(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _unwrap(next(entry for entry in typing.get_args(annotation) if entry is not type(None)))
    return annotation
