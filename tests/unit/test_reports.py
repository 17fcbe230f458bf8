"""Reports are found by their package, and pages extend one base template."""

import json

import pytest
from typer.testing import CliRunner

from leadlight.pipelines import reports
from leadlight.pipelines.cli.main import app
from leadlight.pipelines.reporting.formatting import (
    format_count,
    format_decimals,
    format_percent,
    format_percent_bounded,
    format_percent_brief,
    format_signed,
)
from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reporting.report import list_reports

MODULE = """
from pathlib import Path
from typing import Annotated
import typer
from leadlight.pipelines.reporting.rendering import render_page
from leadlight.pipelines.reporting.report import Report

def build(params, workdir, on_progress, *, team: Annotated[str, typer.Option("--team")] = "all"):
    return {"team": team}

REPORT = Report(
    name="demo", help="A report of one word.", progress="Building", build=build,
    summarize=lambda content: content["team"],
    render_files=lambda c: {"demo.json": c, "index.html": render_page(Path(__file__).parent, c)},
    print_console=lambda content, console: console.print(content["team"]),
)
"""
TEMPLATE = '{% extends "base.html" %}{% block title %}demo{% endblock %}{% block content %}{{ team }}{% endblock %}'


@pytest.fixture
def demo(tmp_path, monkeypatch, root):
    """A report of two files, found beside the others, and a folder to run it in."""
    package = tmp_path / "packages" / "demo"
    package.mkdir(parents=True)
    (package / "report.py").write_text(MODULE, encoding="utf-8")
    (package / "page.html").write_text(TEMPLATE, encoding="utf-8")
    (package / "__init__.py").touch()
    monkeypatch.setattr(reports, "__path__", [*reports.__path__, str(package.parent)])
    return ["report", "demo", "--params", str(root / "params.yaml"), "--workdir", str(tmp_path / "work")]


def test_a_report_takes_a_module_and_a_template(demo, tmp_path):
    assert list_reports() == ["changes", "persona", "thresholds", "demo"]
    result = CliRunner().invoke(app, [*demo, "--team", "<sales>"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "<sales>" in result.output
    folder = tmp_path / "work" / "report" / "demo"
    assert json.loads((folder / "demo.json").read_text(encoding="utf-8")) == {"team": "<sales>"}
    html = (folder / "index.html").read_text(encoding="utf-8")
    assert "&lt;sales&gt;" in html
    assert html.startswith("<!doctype html>")


def test_a_page_must_set_what_the_base_requires(tmp_path):
    (tmp_path / "page.html").write_text('{% extends "base.html" %}', encoding="utf-8")
    with pytest.raises(Exception, match="title"):
        render_page(tmp_path, {})


def test_numbers_as_text():
    blank, minus = "\N{NO-BREAK SPACE}", "\N{MINUS SIGN}"
    assert [format_count(v) for v in (1234.4, None, float("nan"))] == ["1,234", "–", "–"]
    assert [format_decimals(v) for v in (-1.5, -0.001, None)] == [f"{minus}1.50", "0.00", "–"]
    assert [format_signed(v, 1) for v in (1.0, -1.0, 0.01)] == ["+1.0", f"{minus}1.0", "0.0"]
    assert [format_percent(v) for v in (0.1234, None)] == [f"12.3{blank}%", "–"]
    assert [format_percent_brief(v) for v in (0.0005, 0.004, 0.04, 0.123)] == [
        f"{text}{blank}%" for text in ("under 0.1", "0.4", "4", "12")
    ]
    assert [format_percent_bounded(v) for v in (0.0005, 0.9999, 1.0, 0.125)] == [
        "less than 0.1 %", "more than 99.9 %", "100 %", "12.5 %",
    ]  # fmt: skip
