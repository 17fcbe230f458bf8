"""Pages of the reference are what the code says now."""

import os
import re
import runpy

import pytest

UPDATE = os.environ.get("LEADLIGHT_UPDATE_RESULTS") == "1"


@pytest.fixture(scope="module")
def reference(root):
    return runpy.run_path(str(root / "scripts" / "reference_pages.py"))


@pytest.mark.parametrize("page", ["reference/commands.md", "reference/exit-codes.md"])
def test_a_generated_page_is_current(root, reference, page):
    path = root / "docs" / page
    expected = reference["PAGES"][page]()
    if UPDATE:
        path.write_text(expected, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == expected


def test_every_variable_of_the_code_is_on_the_page_and_no_other(root, reference):
    files = [path for name in ("features", "models", "serving", "pipelines", "scripts", "tests", "notebooks")
             for path in (root / name).rglob("*") if path.suffix in {".py", ".ipynb", ".sh"}]  # fmt: skip
    files = [path for path in files if path.name != "reference_pages.py"]
    used = {name for path in files for name in re.findall(r"LEADLIGHT_[A-Z_]+", path.read_text(encoding="utf-8"))}
    assert used == set(reference["VARIABLES"])


def test_the_readme_names_the_variables_of_the_product(root, reference):
    text = (root / "README.md").read_text(encoding="utf-8")
    variables = reference["VARIABLES"]
    assert [name for name in variables if not re.search("TESTS|tests|UPDATE|NOTEBOOK", f"{name} {variables[name]}")
            and name not in text] == []  # fmt: skip
