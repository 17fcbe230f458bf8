"""Text and values where they come in: one spelling of one thing, and of an address its domain alone."""

import unicodedata
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadlight.features.text_normalization import normalize_text
from leadlight.pipelines.params import load_params
from leadlight.pipelines.sources.columns.number_formats import parse_numbers
from leadlight.pipelines.sources.columns.text_cleaning import clean_text, find_canonical_spellings, normalize_unique
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.workspace.workdir import Workdir

many = settings(deadline=None, derandomize=True, max_examples=300)
#: letters that change with case or composition, blanks of every kind, and marks that combine
ODD = "aAäÄöÖüÜßẞéÉıİiIſσςΣﬁ½²ﾊﾞがŒœæÅÅΩΩ \t\n\r\xa0\u2003\u3000\u200b\u0301\u0308\u030a\u0307x-@."
texts = st.one_of(st.text(alphabet=ODD, max_size=12), st.text(max_size=12))
words = st.text(alphabet="aAbBzZäÄöÖüÜßéÉ0", min_size=1, max_size=6)


@many
@given(texts)
def test_text_that_was_folded_stays_as_it_is(text):
    assert normalize_text(normalize_text(text)) == normalize_text(text)


@many
@given(texts)
def test_folded_text_has_single_blanks_and_none_at_the_ends(text):
    once = normalize_text(text)
    assert once == " ".join(once.split())


@many
@given(st.lists(words, max_size=4))
def test_case_does_not_matter(parts):
    text = " ".join(parts)
    assert (
        normalize_text(text.upper())
        == normalize_text(text.lower())
        == normalize_text(text.title())
        == normalize_text(text)
    )


@many
@given(
    st.lists(words, min_size=1, max_size=4),
    st.lists(st.text(" \t\n\r\xa0\u2003\u3000", min_size=1, max_size=3), min_size=5, max_size=5),
)
def test_blanks_do_not_matter(parts, blanks):
    text = blanks[0] + "".join(part + blank for part, blank in zip(parts, blanks[1:], strict=False))
    assert normalize_text(text) == normalize_text(" ".join(parts))


@many
@given(texts, st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"]))
def test_composition_does_not_matter(text, form):
    assert normalize_text(unicodedata.normalize(form, text)) == normalize_text(text)


@many
@given(words)
def test_umlauts_written_out_are_umlauts(word):
    written = {"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "AE", "Ö": "Oe", "Ü": "UE", "ß": "ss"}
    assert normalize_text("".join(written.get(letter, letter) for letter in word)) == normalize_text(word)


@pytest.mark.parametrize(
    ("text", "once"),
    [
        ("  Maschinenbau\t& Anlagen ", "maschinenbau & anlagen"),
        ("STRAẞE", "strasse"),
        ("Straße", "strasse"),
        ("Ａｃｍｅ\u3000２", "acme 2"),
        ("ﬁnance", "finance"),
        ("ΟΔΟΣ", "οδοσ"),
        ("Café", "café"),
        ("Machine-Building", "machine-building"),
        ("", ""),
        (" \n ", ""),
    ],
)
def test_a_text_is_folded_to(text, once):
    assert normalize_text(text) == once


def test_different_words_stay_different():
    apart = ["Einkauf", "Einkaufs", "Ein kauf", "Ein-kauf", "caf\u00e9", "cafe", "1", "l", "0", "o"]
    assert len({normalize_text(text) for text in apart}) == len(apart)


def test_what_is_missing_stays_missing_when_folded():
    given_ = pd.Series(["A", None, "", "a "], dtype="str", index=[7, 3, 9, 1])
    once = normalize_unique(given_)
    assert list(once.index) == [7, 3, 9, 1]
    assert once.isna().tolist() == [False, True, False, False]
    assert once.dropna().tolist() == ["a", "", "a"]
    assert clean_text(given_, "category").isna().tolist() == [False, True, True, False]


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("ada@acme.com", "acme.com"),
        ("  Ada@ACME.com ", "acme.com"),
        ("Ada Byron <ada@acme.com>", "acme.com"),
        ("mailto:ada@acme.com", "acme.com"),
        ('"a@b"@acme.com', "acme.com"),
        ("ada@müller.de", "mueller.de"),
        ("ada＠acme.com", "acme.com"),
        ("ada@ acme.com", "acme.com"),
        ("ada", None),
        ("acme.com", None),
        ("ada@", None),
        ("@", None),
        ("", None),
        (None, None),
    ],
)
def test_of_an_address_the_domain_is_kept(address, domain):
    (found,) = clean_text(pd.Series([address], dtype="str"), "email")
    assert (None if pd.isna(found) else found) == domain


@pytest.mark.parametrize("kind", ["category", "job_title"])
def test_of_other_text_all_is_kept(kind):
    assert clean_text(pd.Series(["Ada@ACME.com "], dtype="str"), kind).tolist() == ["ada@acme.com"]


def test_numbers_are_finite_or_unknown():
    read = parse_numbers(pd.Series(["1", " 2.5 ", "-1e3", "inf", "nan", "many", None, "1e999", "1,5"], dtype="str"))
    assert read.dtype == "float64"
    assert read.tolist()[:3] == [1, 2.5, -1000]
    assert read.isna().tolist() == [*3 * [False], *6 * [True]]


def test_the_most_frequent_spelling_stands_for_a_folded_text():
    typed = ["Retail", "retail", "RETAIL", "retail ", "Möbel", "MOEBEL", "a  b", None, "A b"]
    assert find_canonical_spellings(pd.Series(typed, dtype="str")) == {
        "retail": "RETAIL",
        "moebel": "MOEBEL",
        "a b": "A b",
    }
    assert find_canonical_spellings(pd.Series(["x", "Retail", "retail", "retail"], dtype="str")) == {
        "retail": "retail",
        "x": "x",
    }
    assert find_canonical_spellings(pd.Series([None], dtype="str")) == {}


PARAMS = """\
source:
  leads: {path: leads.csv, lead_id: id, created_at: {column: at, format: ISO8601}, owner: owner}
  activities: {path: activities.csv, lead_id: id, occurred_at: {column: at, format: ISO8601}, type: type}
  deals: {path: deals.csv, lead_id: id, closed_at: {column: at, format: ISO8601}}
  history:
    path: history.csv
    lead_id: id
    attribute: what
    value: to
    changed_at: {column: at, format: ISO8601}
attributes:
  email: {kind: email}
  private: {kind: email}
  title: {kind: job_title}
  industry: {kind: category}
"""


@pytest.fixture
def ingested(tmp_path: Path):
    """Ingest a small source with addresses in it; return its report and its working folder."""
    files = {
        "params.yaml": PARAMS,
        "leads.csv": (
            "id,at,owner,email,private,title,industry,contact\n"
            "1,2025-01-01,Eve,Ada.Byron@ACME.com,Ada <ada.byron@gmx.de>,Head of IT,Möbel,ada.byron@acme.com\n"
            "2,2025-01-02,Eve,no address,,CEO,MOEBEL,ada.byron@acme.com\n"
            "3,2025-01-03,Eve,ada.byron@acme,,,Möbel,ada.byron@acme.com\n"
        ),
        "activities.csv": "id,at,type\n1,2025-02-01,demo\n",
        "deals.csv": "id,at\n1,2025-03-01\n",
        "history.csv": (
            "id,what,to,at\n"
            "1,email,ada.byron@web.de,2025-01-01\n"
            "1,private,none,2025-01-02\n"
            "1,title,  Leiter  IT,2025-01-03\n"
            "1,industry,Möbel,2025-01-03\n"
        ),
    }
    for name, content in files.items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    report = ingest(load_params(tmp_path / "params.yaml"), tmp_path, Workdir(tmp_path / "work"))
    return report, tmp_path / "work"


def test_clean_tables_hold_the_domains_of_addresses(ingested):
    _, work = ingested
    attributes = pd.read_parquet(work / "tables" / "attributes.parquet").set_index("lead_id")
    assert attributes["email"].fillna("unknown").tolist() == ["acme.com", "unknown", "acme"]
    assert attributes.loc["1"].to_dict() == {
        "email": "acme.com", "private": "gmx.de", "title": "head of it", "industry": "moebel",
    }  # fmt: skip
    history = pd.read_parquet(work / "tables" / "history.parquet")
    history = history[history["lead_id"] == "1"].set_index("attribute")["value"]
    assert history["email"] == "web.de"
    assert pd.isna(history["private"])
    assert history["title"] == "leiter it"


def test_no_address_is_left_in_anything_that_is_written(ingested):
    _, work = ingested
    found = []
    for path in sorted(path for path in work.rglob("*") if path.is_file()):
        text = (
            pd.read_parquet(path).to_csv(index=False) if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
        )
        if "byron" in text.casefold():
            found.append(path.name)
    assert found == []


def test_spellings_are_reported_of_categories_alone(ingested):
    report, _ = ingested
    assert report["spellings"] == {"industry": {"moebel": "Möbel"}}
