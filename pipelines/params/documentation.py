"""Generate ``docs/params.md`` from the records of params."""

import typing
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from leadlight.pipelines.params.load import Params

__all__ = ["render_reference"]

HEAD = """# Keys of params.yaml

Generated from `pipelines/params/`; a test keeps it current. A key that is not listed is refused.

| key | meaning | default |
|---|---|---|
"""


def render_reference() -> str:
    """Return the page as Markdown."""
    return HEAD + "".join(f"| `{key}` | {text} | {default} |\n" for key, text, default in _rows(Params, ""))


def _rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str]]:
    for name, field in model.model_fields.items():
        key = prefix + (field.alias or name)
        inner = _model_within(field.annotation)
        many = "" if inner is None else _plural(field.annotation)
        yield key + many, (field.description or "").replace("|", "or"), _default(field, inner)
        if inner is not None:
            yield from _rows(inner, f"{key}{many}.")


def _model_within(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        return annotation if issubclass(annotation, BaseModel) else None
    models = map(_model_within, typing.get_args(annotation))
    return next((model for model in models if model is not None), None)


def _plural(annotation: Any) -> str:
    origins = {typing.get_origin(a) for a in (annotation, *typing.get_args(annotation))}
    return ".NAME" if dict in origins else "[]" if tuple in origins else ""


def _default(field: FieldInfo, inner: type[BaseModel] | None) -> str:
    if field.is_required():
        return "required"
    if field.default is None:
        return "none"
    if inner is not None or field.default is PydanticUndefined:
        return ""
    if isinstance(field.default, tuple):
        return ", ".join(f"`{value}`" for value in field.default) or "none"
    return f"`{field.default}`"
