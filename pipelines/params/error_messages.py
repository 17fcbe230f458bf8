"""What is wrong with a params file, in one sentence: where, what it must be, and what stands there."""

import difflib
import types
import typing
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

__all__ = ["format_validation_error"]

#: kind of a validation error -> what the value must be; names in braces come from the error's context
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
    "date_type": "a date such as 2025-08-01",
    "date_parsing": "a date such as 2025-08-01",
    "date_from_datetime_parsing": "a date such as 2025-08-01",
    "date_from_datetime_inexact": "a date such as 2025-08-01",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
}


def format_validation_error(error: ValidationError, root: type[BaseModel], path: Path) -> str:
    """Say what the first thing is that is wrong.

    Parameters
    ----------
    error : ValidationError
        What validation of `root` found; a key that nobody declared is told before one that is missing,
        for a slip of the pen makes both.
    root : type of BaseModel
        Model of the whole file.
    path : Path
        The params file.
    """
    found = min(error.errors(include_url=False), key=lambda entry: entry["type"] != "extra_forbidden")
    location, kind, got = found["loc"], found["type"], found.get("input")
    where = ".".join(str(part) for part in location)
    if kind == "extra_forbidden":
        allowed = _allowed_keys(_at(root, location[:-1]))
        key = str(location[-1])
        near = difflib.get_close_matches(key, allowed, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"The key {where} of {path} must be one of {', '.join(allowed)}. Got {key}.{hint}"
    if kind == "missing":
        return f"The key {where} of {path} must be given. It is missing."
    if kind == "value_error":
        message = found["msg"].removeprefix("Value error, ")
        if not location:  # a rule between sections: the first word is the section
            where, _, message = message.partition(" ")
        end = "" if message.endswith("?") else "."
        return f"The {'section' if not location else 'key'} {where} of {path} {message}{end}"
    if kind == "model_type":
        must = f"a mapping with the keys {', '.join(_allowed_keys(_at(root, location)))}"
    else:
        must = _MUST_BE.get(kind, "valid: " + found["msg"]).format(**found.get("ctx", {}))
    return f"The key {where} of {path} must be {must}. Got {_told(got)}."


def _told(value: Any) -> str:
    if value is None:
        return "nothing"
    kinds = ((dict, "a mapping"), ((list, tuple), "a list"))
    return next(
        (words if value else f"{words} with no entry" for kind, words in kinds if isinstance(value, kind)),
        repr(value),
    )


def _allowed_keys(annotation: Any) -> list[str]:
    fields = _bare(annotation).model_fields
    return sorted(field.alias or name for name, field in fields.items())


def _at(annotation: Any, location: tuple[int | str, ...]) -> Any:
    """Follow keys and positions through records, mappings and lists."""
    for part in location:
        annotation = _bare(annotation)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            fields = {field.alias or name: field for name, field in annotation.model_fields.items()}
            annotation = fields[str(part)].annotation
        else:
            of_what = [entry for entry in typing.get_args(annotation) if entry is not Ellipsis]
            annotation = of_what[-1]
    return annotation


def _bare(annotation: Any) -> Any:
    """Take off ``Annotated`` and ``| None``."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        return _bare(typing.get_args(annotation)[0])
    if origin in (typing.Union, types.UnionType):
        return _bare(next(entry for entry in typing.get_args(annotation) if entry is not type(None)))
    return annotation
