"""How numbers in text are read, drawn: the text on the left, the number or the marks on the right."""

import math

import pandas as pd
import pytest

from leadlight.features.errors import ParamsError
from leadlight.pipelines.sources.columns.number_formats import NumberFormat, detect_number_format, parse_numbers


@pytest.mark.parametrize(
    ("decimal", "thousands", "text", "number"),
    [
        (".", "", "1234.5", 1234.5),
        (".", "", "1e3", 1000),
        (".", "", "1,250", None),
        (".", ",", "1,250", 1250),
        (".", ",", "1,234,567.5", 1234567.5),
        (".", ",", "12,50", None),
        (",", ".", "4.917", 4917),
        (",", ".", "-14.400,25", -14400.25),
        (",", ".", "350", 350),
        (",", ".", "3.5", None),
        (",", ".", "0.500", None),
        (",", "", "4.917", None),
        (",", " ", "1\u202f234,5", 1234.5),
        (".", "'", "1\u2019234.50", 1234.5),
        (",", ".", "1e3", 1000),
        (",", ".", "inf", None),
        (",", ".", "12 €", None),
        (",", ".", "", None),
    ],
)
def test_text_is_a_number_only_as_its_marks_say(decimal, thousands, text, number):
    found = parse_numbers(pd.Series([text]), NumberFormat(decimal, thousands)).iloc[0]
    assert math.isnan(found) if number is None else found == number


def test_typed_numbers_stay_what_they_are_whatever_the_marks():
    assert parse_numbers(pd.Series([4.917, 350]), NumberFormat(",", ".")).tolist() == [4.917, 350]


@pytest.mark.parametrize(
    ("texts", "decimal", "thousands", "doubtful"),
    [
        (["12", "350"], ".", "", False),
        (["12.5", "350"], ".", "", False),
        (["4.917", "350"], ",", ".", True),
        (["14.400", "0.125"], ".", "", False),
        (["4.917", "350", "1234.5"], ".", "", False),
        (["1,250", "350"], ".", ",", True),
        (["1,250", "1250.5"], ".", ",", False),
        (["3,5", "350"], ",", ".", False),
        (["1.234,5", "2"], ",", ".", False),
        (["1.234.567", "2"], ",", ".", False),
        (["1 234,5", "2"], ",", " ", False),
        (["1'234.50", "2"], ".", "'", False),
        (["12", "about ten"], ".", "", False),
    ],
)
def test_marks_are_found_from_the_whole_column(texts, decimal, thousands, doubtful):
    found = detect_number_format(pd.Series(texts))
    assert found is not None
    assert (found.decimal, found.thousands, found.is_doubtful) == (decimal, thousands, doubtful)


@pytest.mark.parametrize("texts", [["a", "b"], ["", ""], []])
def test_a_column_without_numbers_has_no_marks(texts):
    assert detect_number_format(pd.Series(texts, dtype="str")) is None


@pytest.mark.parametrize(
    ("keys", "marks"),
    [
        ({}, None),
        ({"locale": "de"}, (",", ".")),
        ({"locale": "de_DE.UTF-8"}, (",", ".")),
        ({"locale": "de-CH"}, (".", "'")),
        ({"locale": "fr-FR"}, (",", " ")),
        ({"locale": "de", "thousands": ""}, (",", "")),
        ({"decimal": "."}, (".", "")),
        ({"decimal": ","}, (",", "")),
        ({"thousands": "."}, (",", ".")),
        ({"thousands": ","}, (".", ",")),
    ],
)
def test_a_locale_is_a_shortcut_for_both_marks(load_source, keys, marks):
    assert load_source(keys).number_marks == marks


@pytest.mark.parametrize("keys", [{"locale": "klingon"}, {"decimal": ";"}, {"decimal": ".", "thousands": "."}])
def test_marks_that_mean_nothing_are_refused(load_source, keys):
    with pytest.raises(ParamsError, match="must"):
        load_source(keys)


@pytest.fixture
def load_source(tmp_path):
    """Load params whose source has the given keys."""
    import json

    from leadlight.pipelines.params import load_params

    def load(keys):
        source = {"leads": {"path": "x.csv", "lead_id": "id", "outcome": {"column": "won", "won": ["1"]}}, **keys}
        path = tmp_path / "params.yaml"
        path.write_text(json.dumps({"source": source, "attributes": {"size": {"kind": "number"}}}), encoding="utf-8")
        return load_params(path).source

    return load
