"""`leadlight init` on drawn exports, from files to a proposal and to what the terminal says of it."""

import csv
import datetime as dt
import random
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ruamel.yaml import YAML

from leadlight.pipelines.init.propose import propose
from leadlight.pipelines.stages.ingest import ingest
from leadlight.pipelines.stages.snapshot import snapshot
from leadlight.pipelines.workspace.workdir import Workdir


def drawn(n: int = 600) -> dict[str, list[dict[str, Any]]]:
    """Draw leads of 300 days: who asks for a demo wins more often, within a fortnight."""
    draw, start = random.Random(5), dt.datetime(2024, 1, 1, 8, 15)
    tables: dict[str, list[dict[str, Any]]] = {"leads": [], "activities": [], "deals": []}
    for number in range(n):
        key, at = f"K-{number:05d}", start + dt.timedelta(hours=12 * number)
        branch = draw.choice(["Maschinenbau", "Großhandel", "Dienstleister; Süd"])
        tables["leads"].append({"key": key, "created": at, "branch": branch, "staff": draw.randint(1, 400)})
        demo = draw.random() < 0.4
        for what in ["Seite", "Demo"] if demo else ["Seite"]:
            seen = at - dt.timedelta(minutes=draw.randint(1, 900))
            tables["activities"].append({"key": key, "at": seen, "what": what})
        won = draw.random() < (0.7 if demo else 0.3)
        closed = at + dt.timedelta(days=draw.randint(1, 13), hours=draw.randint(0, 9))
        tables["deals"].append({"key": key, "closed": closed, "won": won, "amount": draw.randint(10, 90) * 100})
    return tables


def write(path: Path, rows: list[dict[str, Any]], mark: str = ",", encoding: str = "utf-8") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=mark)
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_german_export_with_semicolons_and_cp1252(tmp_path):
    tables = drawn()
    leads = [
        {"Kontakt-Nr": r["key"], "Angelegt am": f"{r['created']:%d.%m.%Y}", "Branche": r["branch"],
         "Größe": r["staff"], "Umsatz (T€)": f"{r['staff'] * 1.7:.1f}".replace(".", ",")}
        for r in tables["leads"]
    ]  # fmt: skip
    deals = [
        {"Kontakt-Nr": r["key"], "Abschlussdatum": f"{r['closed']:%d.%m.%Y %H:%M}",
         "Status": "gewonnen" if r["won"] else "verloren", "Betrag": r["amount"]}
        for r in tables["deals"]
    ]  # fmt: skip
    paths = {
        "leads": write(tmp_path / "kontakte.csv", leads, ";", "cp1252"),
        "deals": write(tmp_path / "abschlüsse.csv", deals, ";", "cp1252"),
    }
    proposal = propose(paths, tmp_path / "params" / "params.yaml")
    source = proposal.params.source
    assert (source.leads.path, source.leads.delimiter, source.leads.encoding) == ("../kontakte.csv", ";", "cp1252")
    assert source.leads.created_at.format == "%d.%m.%Y"
    assert source.deals.closed_at.format == "%d.%m.%Y %H:%M"
    assert (source.deals.status.won, source.deals.status.lost) == (("gewonnen",), ("verloren",))
    assert source.deals.amount == "Betrag"
    assert {name: a.kind for name, a in proposal.params.attributes.items()} == {
        "Branche": "category",
        "Größe": "number",
        "Umsatz (T€)": "number",
    }
    assert source.leads.decimal == ","
    assert sum("are the letters of Größe right?" in look.text for look in proposal.review_notes) == 1
    assert proposal.quarantined == 0


@pytest.mark.parametrize(("mark", "encoding"), [("\t", "utf-8-sig"), ("|", "utf-16"), (",", "utf-8")])
@pytest.mark.parametrize(("won", "lost"), [("Ganho", "Perdido"), ("1", "0"), ("Gagné", "Perdu"), ("ja", "nein")])
def test_other_delimiters_encodings_and_languages(tmp_path, mark, encoding, won, lost):
    tables = drawn()
    for row in tables["deals"]:
        row["won"] = won if row["won"] else lost
    paths = {n: write(tmp_path / f"{n}.csv", rows, mark, encoding) for n, rows in tables.items()}
    params = propose(paths, tmp_path / "params.yaml").params
    assert params.source.deals.status.won == (won,)
    assert params.source.deals.status.lost == (lost,)
    assert params.source.activities.type == "what"
    assert set(params.signals) == {"Seite", "Demo"}
    work = Workdir(tmp_path / "work")
    assert ingest(params, tmp_path, work)["rows"]["deals"] == 600
    assert snapshot(params, work)["splits"]["train"]["wins"] > 0


def test_month_first_and_dates_that_nobody_can_tell(tmp_path):
    tables = drawn()
    for row in tables["leads"]:
        row["created"] = f"{row['created']:%m/%d/%Y}"
    for row in tables["deals"]:
        row["closed"] = f"{row['closed']:%m/%d/%Y %I:%M %p}"
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    assert proposal.params.source.leads.created_at.format == "%m/%d/%Y"
    assert proposal.params.source.deals.closed_at.format == "%m/%d/%Y %I:%M %p"

    for rows, name in ((tables["leads"], "created"), (tables["deals"], "closed")):
        for number, row in enumerate(rows):
            row[name] = f"{number // 100 + 1:02d}/{number // 100 + (name == 'closed') + 1:02d}/2024"
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml", force=True)
    asked = [look for look in proposal.review_notes if "day and month are ambiguous" in look.text]
    assert len(asked) == 2
    lines = proposal.text.splitlines()
    for look in asked:
        assert lines[look.line - 1].endswith(f"# look: {look.text}")
        assert '"%d/%m/%Y"' in lines[look.line]
        assert '"%m/%d/%Y"' in lines[look.line + 1]
        assert lines[look.line + 1].lstrip().startswith("# ")


def test_the_order_of_day_and_month_without_deals_before_their_leads_is_taken(tmp_path):
    tables = drawn()
    for number, (lead, deal) in enumerate(zip(tables["leads"], tables["deals"], strict=True)):
        created = dt.date(2024, 1 + number % 9, 1 + number % 11)
        closed = dt.date(2024, 2 + number % 9, 1 + number % 7)
        lead["created"], deal["closed"] = f"{created:%m/%d/%Y}", f"{closed:%m/%d/%Y}"
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    source = proposal.params.source
    assert (source.leads.created_at.format, source.deals.closed_at.format) == ("%m/%d/%Y", "%m/%d/%Y")
    assert "month first: 0 deals close before their lead, day first " in proposal.text
    assert proposal.quarantined == 0


def test_deals_that_are_neither_won_nor_lost_are_proposed_as_open(tmp_path):
    tables = drawn()
    for number, row in enumerate(tables["deals"]):
        row["stage"] = ("Negotiation", "Appointment")[number % 2] if number % 4 else "won" if row["won"] else "lost"
        del row["won"]
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    source = proposal.params.source
    assert set(source.deals.status.open) == {"Negotiation", "Appointment"}
    assert (source.deals.status.won, source.max_bad_share) == (("won",), 0.05)
    assert proposal.quarantined == 0


def test_when_a_deal_was_opened_is_proposed_beside_its_close(tmp_path):
    tables = drawn()
    for row in tables["deals"]:
        row["opened_on"] = row["closed"] - dt.timedelta(days=1)
        row["created_in_archive"] = row["closed"] + dt.timedelta(days=200)
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    assert proposal.params.source.deals.closed_at.column == "closed"
    assert proposal.params.source.deals.opened_at.column == "opened_on"
    assert proposal.quarantined == 0


def test_the_value_before_a_change_is_proposed(tmp_path):
    tables = drawn()
    tables["history"] = [
        {"key": row["key"], "field": "branch", "old_value": "Handwerk", "new_value": row["branch"],
         "changed": row["created"] + dt.timedelta(days=1)}
        for row in tables["leads"][::3]
    ]  # fmt: skip
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals", "history")}
    history = propose(paths, tmp_path / "params.yaml").params.source.history
    assert (history.attribute, history.value, history.old_value) == ("field", "new_value", "old_value")


def test_a_name_that_the_header_repeats_is_proposed_for_nothing(tmp_path):
    tables = drawn()
    for row in tables["leads"]:
        row["Branch"] = row["branch"]
    for row in tables["deals"]:
        row["volume"] = row["amount"]
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    for path, old, new in ((paths["leads"], "Branch", "branch"), (paths["deals"], "volume", "amount")):
        path.write_text(path.read_text().replace(old, new, 1))
    proposal = propose(paths, tmp_path / "params.yaml")
    assert set(proposal.params.attributes) == {"staff"}
    assert proposal.params.source.deals.amount is None
    assert "# branch: left out: the header has this name more than once" in proposal.text
    assert "# not mapped: amount" in proposal.text
    ingest(proposal.params, tmp_path, Workdir(tmp_path / "work"))


def test_points_with_three_digits_behind_each_are_proposed_as_thousands_and_asked_about(tmp_path):
    tables = drawn()
    for number, row in enumerate(tables["leads"]):
        row["staff"] = "4.917" if number % 3 == 0 else 100 + number
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    assert (proposal.params.source.leads.decimal, proposal.params.source.leads.thousands) == (",", ".")
    assert proposal.params.source.deals.decimal is None
    assert any("4.917" in look.text for look in proposal.review_notes)


def test_won_deals_before_their_lead_are_said_with_a_limit_that_lets_the_run_go_on(tmp_path):
    tables = drawn()
    wins = [row for row in tables["deals"] if row["won"]]
    for row in wins[:30]:
        row["closed"] = row["closed"].replace(year=2023)
    paths = {n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}
    proposal = propose(paths, tmp_path / "params.yaml")
    assert proposal.params.source.max_lost_win_share == pytest.approx(30 / len(wins) + 0.02, abs=0.006)
    assert any(f"30 of {len(wins)}, most often: closed before" in look.text for look in proposal.review_notes)


def test_parquet_files_need_no_format(tmp_path):
    tables = {name: pd.DataFrame(rows) for name, rows in drawn().items()}
    tables["leads"]["created"] = tables["leads"]["created"].dt.normalize()
    tables["leads"]["tags"] = [["a", "b"]] * len(tables["leads"])
    for name, frame in tables.items():
        frame.to_parquet(tmp_path / f"{name}.parquet")
    proposal = propose({n: tmp_path / f"{n}.parquet" for n in tables}, tmp_path / "params.yaml")
    source = proposal.params.source
    assert (source.leads.created_at.format, source.leads.created_at.by_day) == (None, True)
    assert (source.deals.closed_at.format, source.deals.closed_at.by_day) == (None, None)
    assert (source.deals.status.won, source.deals.status.lost) == (("True",), ("False",))
    assert "# tags: left out: a list or record" in proposal.text


def test_names_that_yaml_would_misread(tmp_path):
    odd = ["on", "yes", "null", "a: b", "x #1", 'say "hi"', "größe", "1st", "- dash", "{curly}"]
    tables = drawn()
    for number, row in enumerate(tables["leads"]):
        row |= {name: f"v{(number * 7 + place) % 5}" for place, name in enumerate(odd)}
    for row in tables["activities"]:
        row["what"] = {"Seite": "null", "Demo": "Demo: #1"}[row["what"]]
    paths = {n: write(tmp_path / f"{n}.csv", rows) for n, rows in tables.items()}
    proposal = propose(paths, tmp_path / "params.yaml")
    assert set(odd) <= set(proposal.params.attributes)
    assert set(proposal.params.signals) == {"Demo: #1"}
    assert "# null: left out: an attribute has this name" in proposal.text
    content = YAML(typ="safe", pure=True).load((tmp_path / "params.yaml").read_text(encoding="utf-8"))
    assert all(isinstance(name, str) for name in content["attributes"])


def test_a_status_in_words_that_nobody_knows_is_asked_about(tmp_path):
    tables = drawn()
    for row in tables["deals"]:
        row["status"] = "Phase 7" if row.pop("won") else "Phase 9"
    proposal = propose({n: write(tmp_path / f"{n}.csv", tables[n]) for n in ("leads", "deals")}, tmp_path / "p.yaml")
    look = next(look for look in proposal.review_notes if "which values of status mean won?" in look.text)
    line = proposal.text.splitlines()[look.line]
    assert line.lstrip().startswith("# status: {column: status, won: [Phase ")
    assert proposal.params.source.deals.status is None


def test_a_flat_export_with_dates_and_open_leads(tmp_path):
    tables = drawn()
    rows = [
        lead | {"stage": "open" if number % 3 == 0 else "won" if deal["won"] else "lost"}
        for number, (lead, deal) in enumerate(zip(tables["leads"], tables["deals"], strict=True))
    ]
    proposal = propose({"leads": write(tmp_path / "leads.csv", rows)}, tmp_path / "p.yaml")
    leads = proposal.params.source.leads
    assert (leads.created_at.column, leads.order) == ("created", None)
    assert (leads.outcome.won, leads.outcome.lost) == (("won",), ("lost",))
    assert proposal.params.snapshots.every_days is None
    assert any("The files do not say" in look.text for look in proposal.review_notes)
    ingest(proposal.params, tmp_path, Workdir(tmp_path / "work"))
    assert snapshot(proposal.params, Workdir(tmp_path / "work"))["splits"]["train"]["wins"] > 20


def test_rows_that_cannot_be_used_are_said_with_a_share_that_lets_the_run_go_on(tmp_path):
    tables = drawn()
    paths = {
        "leads": write(tmp_path / "leads.csv", tables["leads"][:480]),
        "deals": write(tmp_path / "deals.csv", tables["deals"]),
    }
    proposal = propose(paths, tmp_path / "params.yaml")
    assert proposal.params.source.max_bad_share == pytest.approx(0.22)
    assert any("20% of deals cannot be used" in look.text for look in proposal.review_notes)
    assert proposal.quarantined == 120


def test_the_terminal_says_what_was_found_what_is_unsure_and_what_comes_next(tmp_path, monkeypatch, capsys):
    from leadlight.pipelines.cli.main import main

    tables = drawn()
    paths = {n: write(tmp_path / f"{n}.csv", rows) for n, rows in tables.items()}
    options = [word for name, path in paths.items() for word in (f"--{name}", str(path))]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "argv", ["leadlight", "init", *options, "--output", "mine/params.yaml"])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    said = capsys.readouterr().out
    lines = (tmp_path / "mine" / "params.yaml").read_text(encoding="utf-8").splitlines()
    line = next(row for row in said.splitlines() if "the files carry no time zone" in row)
    assert "timezone: UTC" in lines[int(line.split()[0]) - 1]
    assert "leadlight run --params mine/params.yaml" in said
    assert "won where won is True" in said
    assert all(len(row) <= 80 for row in said.splitlines())
