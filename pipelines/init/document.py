"""The lines of a params file, with remarks beside them and those that a person should look at."""

import textwrap
from dataclasses import dataclass, field

from leadlight.pipelines.init.yaml_emit import emit_comment

__all__ = ["WIDTH", "ReviewNote", "YamlDocument"]

WIDTH, BESIDE = 120, 33


@dataclass(frozen=True)
class ReviewNote:
    """A line that a person should look at.

    Parameters
    ----------
    line : int
        Its number in the file, from 1.
    text : str
        What is unsure about it.
    """

    line: int
    text: str


@dataclass
class YamlDocument:
    """Lines in their order."""

    lines: list[str] = field(default_factory=list)
    looks: list[ReviewNote] = field(default_factory=list)

    def add_blank(self) -> None:
        """Leave a line empty."""
        self.lines.append("")

    def add_comment(self, text: str, indent: int = 0, look: str = "", hang: int = 0) -> None:
        """Write a comment on lines of its own; `look` as in :meth:`add`, `hang` blanks behind the mark."""
        start = " " * indent + "# " + " " * hang
        if look:
            self.looks.append(ReviewNote(len(self.lines) + 1, look))
        self.lines += textwrap.wrap(
            emit_comment(text), WIDTH, initial_indent=start, subsequent_indent=start, break_on_hyphens=False
        )

    def add(self, text: str, remark: str = "", look: str = "", column: int = BESIDE) -> None:
        """Write a line.

        Parameters
        ----------
        text : str
            YAML.
        remark : str
            What stands beside it, or above it where there is no room.
        look : str
            What is unsure about the line: marked in the file, and said at the end.
        column : int
            Where the remark begins, if the line is not longer.
        """
        beside = emit_comment(f"look: {look}" if look else remark)
        if look and remark:
            self.add_comment(remark, len(text) - len(text.lstrip()))
        full = f"{text.ljust(column - 2)}  # {beside}" if beside else text
        if beside and len(full) > WIDTH:
            self.add_comment(beside, len(text) - len(text.lstrip()))
            full = text
        self.lines.append(full)
        if look:
            self.looks.append(ReviewNote(len(self.lines), look))

    @property
    def text(self) -> str:
        """The whole file."""
        return "\n".join(self.lines) + "\n"
