"""A commented YAML file, and the lines of it that need review."""

import io
import re
import textwrap
from typing import Any, NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.representer import SafeRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString

__all__ = ["MAX_WIDTH", "ReviewNote", "YamlDocument", "format_entry"]

MAX_WIDTH, COMMENT_COLUMN = 110, 33
#: words that some version of YAML reads as a boolean or null
_RESERVED = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "nan", "inf"}
_PLAIN = re.compile(r"(?:/|(?:\.\./)*)[^\W\d](?:[\w ./+&()-]*[\w./+&()-])?")


class ReviewNote(NamedTuple):
    """A doubt, and the line of the file (from 1) whose comment states it."""

    line: int
    text: str


class YamlDocument:
    """A mapping with comments, filled from top to bottom."""

    def __init__(self) -> None:
        self._root = CommentedMap()
        self._comments: list[tuple[int, str]] = []  # indent and text, written above the next entry
        self._looks: list[tuple[str, str]] = []  # first line of the comment, and the whole doubt

    def add_comment(self, text: str, indent: int = 0, look: bool = False, wrap: bool = True) -> None:
        """Write a comment on lines of its own; empty text is an empty line, `look` marks a doubt."""
        lines = [text or "\n"]
        if text and wrap:
            marked = f"look: {text}" if look else text
            printable = "".join(c if c.isprintable() else " " for c in marked)
            lines = textwrap.wrap(printable, MAX_WIDTH - indent - 2, break_on_hyphens=False)
        self._comments += [(indent, line) for line in lines]
        if look:
            self._looks.append((lines[0], text))

    def add(self, *keys: str, value: Any, remark: str = "", look: str = "") -> None:
        """Write an entry.

        Parameters
        ----------
        keys : str
            The entry's key, after those of the mappings that hold it.
        value : Any
            Scalar, list or dict; ``{}`` starts a mapping that later calls fill.
        remark, look : str
            Remark and doubt: one beside the entry where there is room, otherwise above it.
        """
        indent = 2 * len(keys) - 2
        parent = self._root
        for key in keys[:-1]:
            parent = parent[key]
        line = f"{keys[-1]}:" if value == {} else format_entry(keys[-1], value)
        column = max(indent + len(line) + 2, COMMENT_COLUMN)
        comment = f"look: {look}" if look else remark
        fits = column + len(comment) + 2 <= MAX_WIDTH and comment.isprintable()
        if remark and (look or not fits):
            self.add_comment(remark, indent)
        if look and fits:
            self._looks.append((comment, look))
        elif look:
            self.add_comment(look, indent, look=True)
        key = _convert(keys[-1])
        parent[key] = _convert(value)
        for spaces, text in self._comments:
            parent.yaml_set_comment_before_after_key(key, before=text, indent=spaces)
        self._comments = []
        if comment and fits:
            parent.yaml_add_eol_comment(comment, key, column=column)

    def render(self) -> tuple[str, tuple[ReviewNote, ...]]:
        """Return the text of the file and its review notes."""
        text = _dump(self._root)
        numbered = enumerate(text.split("\n"), 1)  # one pass: notes are in the order of their lines
        lines = [next(n for n, line in numbered if line.endswith(f"# {comment}")) for comment, _ in self._looks]
        return text, tuple(ReviewNote(n, doubt) for n, (_, doubt) in zip(lines, self._looks, strict=True))


def format_entry(key: str, value: Any) -> str:
    """Return a key and its value as one line of YAML."""
    return _dump(CommentedMap({_convert(key): _convert(value)})).rstrip("\n")


def _convert(value: Any) -> Any:
    """Convert lists and dicts to flow style, and quote text that could be misread."""
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _RESERVED
        return value if plain else DoubleQuotedScalarString(value)
    if not isinstance(value, (dict, list, tuple)):
        return value
    if isinstance(value, dict):
        converted = CommentedMap({_convert(key): _convert(entry) for key, entry in value.items()})
    else:
        converted = CommentedSeq(map(_convert, value))
    if value:
        converted.fa.set_flow_style()
    return converted


def _dump(content: CommentedMap) -> str:
    stream = io.StringIO()
    yaml = YAML(pure=True)
    # a round-trip dump leaves None empty, which reads like an oversight
    none = {type(None): SafeRepresenter.represent_none}
    yaml.representer.yaml_representers = yaml.representer.yaml_representers | none
    yaml.width = 1_000_000  # an entry stays on one line
    yaml.dump(content, stream)
    return stream.getvalue()
