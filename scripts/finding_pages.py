"""Generate the pages of codes of findings in ``docs/findings`` from their records.

``LEADLIGHT_UPDATE_RESULTS=1 pytest tests/rules/test_finding_pages.py`` rewrites the pages; the test keeps them current.
"""

from pathlib import Path

from leadlight.pipelines.findings.code import FindingCode
from leadlight.pipelines.findings.registry import list_codes

__all__ = ["render_pages", "write_pages"]

#: first digit of a code -> what finds it
AREAS = {
    "1": "The audit (`leadlight audit`)",
    "2": "Reading the source, quarantine",
    "3": "Monitoring (`leadlight watch`)",
}
FOLDER = Path(__file__).resolve().parent.parent / "docs" / "findings"


def render_pages() -> dict[str, str]:
    """Return the Markdown of each page by file name: an index, and one page a code."""
    codes = list_codes()
    pages = {f"{code.code}.md": _render_page(code) for code in codes}
    return {"index.md": _render_index(codes)} | pages


def write_pages(folder: Path = FOLDER) -> None:
    """Write the pages, and delete those of codes that are gone."""
    folder.mkdir(exist_ok=True)
    pages = render_pages()
    for path in folder.glob("*.md"):
        if path.name not in pages:
            path.unlink()
    for name, text in pages.items():
        (folder / name).write_text(text, encoding="utf-8")


def _render_index(codes: list[FindingCode]) -> str:
    lines = [
        "# Codes of findings",
        "",
        "Generated from `pipelines/findings`; a test keeps this page current. A finding has the same code in the",
        "terminal, on pages, in JSON and in the summary of a command.",
    ]
    for digit, area in AREAS.items():
        found = [code for code in codes if code.code[2] == digit]
        if found:
            rows = [f"| [{code.code}]({code.code}.md) | {code.title} |" for code in found]
            lines += ["", f"## {area}", "", "| code | finding |", "|---|---|", *rows]
    return "\n".join(lines) + "\n"


def _render_page(code: FindingCode) -> str:
    parts = {
        "What is compared": code.what,
        "Why it matters": code.why,
        "Where to look": code.look,
        "Allow it": code.allow,
    }
    text = "\n\n".join(f"## {title}\n\n{words}" for title, words in parts.items())
    return f"# {code}\n\n{text}\n\n[All codes](index.md)\n"


if __name__ == "__main__":
    write_pages()
