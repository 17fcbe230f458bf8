"""Codes of findings: each has a page that says what its record says, and no number is used twice."""

import os
import re
import runpy

import pytest

from leadlight.features.errors import ParamsError
from leadlight.pipelines.findings.registry import find_code, list_codes


def test_the_pages_of_codes_are_current(root):
    pages = runpy.run_path(str(root / "scripts" / "finding_pages.py"))
    if os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1":
        pages["write_pages"]()
    written = {path.name: path.read_text(encoding="utf-8") for path in (root / "docs" / "findings").glob("*.md")}
    assert written == pages["render_pages"]()


def test_each_code_has_its_own_number_and_words(root):
    codes = list_codes()
    assert len({code.code for code in codes}) == len(codes) == len({code.title for code in codes})
    assert [code.code for code in codes if not re.fullmatch(r"LL[123]\d\d", code.code)] == []
    assert [code.code for code in codes if not all(text.strip() for text in code)] == []


def test_a_code_is_found_in_any_case_and_an_unknown_one_is_refused():
    assert find_code("ll101").title == "attribute filled after the win"
    with pytest.raises(ParamsError, match="LL999"):
        find_code("LL999")
