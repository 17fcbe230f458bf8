"""params.yaml: typed, frozen, every key described, unknown keys refused, words stay words."""

import re
import typing

import pytest
from pydantic import BaseModel, ValidationError

from leadlight.models.candidates.training_data import TrainingSettings
from leadlight.models.validation.champion_challenger import PromotionCriteria
from leadlight.pipelines.params import Params, load_params
from leadlight.pipelines.params.sections import Promotion, Training

GERMAN_CRM = """\
source:
  timezone: Europe/Berlin          # of times that carry no zone; all times are UTC, whole seconds, inside
  missing: ["Select", "unbekannt", ""]
  leads:
    path: kontakte.csv             # relative to the params file, or a SQL table where source.database is set
    delimiter: ";"
    lead_id: kontakt_id
    created_at: {column: angelegt_am, format: "%d.%m.%Y"}
    consent: {column: einwilligung, granted: [ja]}
  activities: {path: aktivitaeten.parquet, lead_id: kontakt_id, occurred_at: zeitpunkt, type: aktion}
  deals:
    path: abschluesse.csv
    delimiter: ";"
    lead_id: kontakt_id
    closed_at: {column: abschluss_am, format: "%d.%m.%Y %H:%M"}
    status: {column: status, won: [gewonnen], lost: [verloren]}
    amount: betrag
attributes:                        # what may be used, and how it is spoken of; what is not named is not used
  branche:     {kind: category, group: fit, label: {de: Branche, en: Industry}}
  mitarbeiter: {kind: number, group: fit, label: {de: Mitarbeiterzahl, en: Employees}}
signals:                           # activity types; those not named are counted under "other activity"
  Demo-Anfrage: {effect: raises, label: {de: Demo-Anfrage, en: Demo request}}
  Abmeldung:    {effect: lowers, label: {de: Newsletter-Abmeldung, en: Unsubscribe}}
label: {horizon_days: 90}          # won within this many days after the snapshot
history: {since: null, until: null}  # use only what was known in this span (until = training cut-off)
points:                            # today's rule book, if there is one: the cold start, and the thing to beat
  - {attribute: branche, is: [Maschinenbau, Automotive], points: 20}
  - {signal: Demo-Anfrage, within_days: 30, at_least: 1, points: 40}
policy:                            # what marketing and sales agreed on
  marketing_qualified: highest recall with precision >= 0.12
  sales_qualified: highest recall with precision >= 0.30
  agreed: {by: [Marketing, Vertrieb], "on": 2025-08-01, marketing_qualified: top 9 percent,
           sales_qualified: "Highest recall  with precision >= 0.30"}
"""
SMALLEST = """\
source: {leads: {path: a.csv, lead_id: id, outcome: {column: won, won: [1]}}}
attributes: {size: {kind: number}}
"""


def records() -> list[type[BaseModel]]:
    """Every model that params.yaml is read into, found by walking the fields."""
    found: list[type[BaseModel]] = []

    def walk(annotation: object) -> None:
        is_record = isinstance(annotation, type) and issubclass(annotation, BaseModel)
        if is_record and annotation not in found:
            found.append(annotation)
            for field in annotation.model_fields.values():
                walk(field.annotation)
        for argument in typing.get_args(annotation):
            walk(argument)

    walk(Params)
    return found


def test_the_example_of_a_german_crm_loads_as_it_stands(load):
    params = load(GERMAN_CRM)
    source = params.source
    assert (source.timezone, source.missing) == ("Europe/Berlin", ("Select", "unbekannt", ""))
    assert source.leads.created_at.model_dump() == {"column": "angelegt_am", "format": "%d.%m.%Y", "by_day": None}
    assert source.leads.created_at.is_by_day
    assert (source.activities.occurred_at.column, source.activities.occurred_at.format) == ("zeitpunkt", None)
    assert source.deals.status.won == ("gewonnen",)
    assert source.leads.consent.granted == ("ja",)
    assert list(params.attributes) == ["branche", "mitarbeiter"]
    assert params.signals["Abmeldung"].effect == "lowers"
    assert [rule.points for rule in params.points] == [20, 40]
    assert params.points[0].is_ == ("Maschinenbau", "Automotive")
    assert params.policy.agreed.by == ("Marketing", "Vertrieb")
    assert params.policy.agreed.on.isoformat() == "2025-08-01"
    assert params.policy.list_changed() == ["marketing_qualified"]
    assert params.history.since is None


def test_the_params_of_the_project_load(root):
    for path in [root / "params.yaml", *sorted((root / "examples").glob("*/params.yaml"))]:
        assert load_params(path).attributes


def test_the_smallest_params_are_a_flat_export(load):
    params = load(SMALLEST)
    assert params.source.leads.outcome.won == ("1",)
    assert params.source.leads.created_at is None
    assert params.policy is None


def test_params_are_frozen_at_every_level(load):
    params = load(GERMAN_CRM)
    for record, name in (
        (params, "label"),
        (params.source, "timezone"),
        (params.source.leads.created_at, "format"),
        (params.attributes["branche"], "kind"),
        (params.points[0], "points"),
        (params.policy.agreed, "on"),
    ):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(record, name, None)
    assert all(record.model_config.get("frozen") for record in records())


def test_every_key_of_every_record_is_described():
    assert len(records()) > 15
    for record in records():
        for name, field in record.model_fields.items():
            assert field.description, f"{record.__name__}.{name}"
            assert field.description.endswith("."), f"{record.__name__}.{name}"


def test_every_record_forbids_keys_that_nobody_declared():
    for record in records():
        assert record.model_config.get("extra") == "forbid", record.__name__


@pytest.mark.parametrize(
    ("old", "new", "where", "allowed"),
    [
        ("signals:", "signale:", "signale", "history, label, language, night, points, policy, promotion, signals,"),
        (
            "  missing:",
            "  mising:",
            "source.mising",
            "activities, database, deals, decimal, history, leads, locale, match_case, ",
        ),
        ("    path: kontakte", "    pfad: kontakte", "source.leads.pfad", "consent, created_at, decimal, delimiter,"),
        ("{column: angelegt_am", "{colum: angelegt_am", "source.leads.created_at.colum", "by_day, column, format."),
        ("won: [gewonnen]", "win: [gewonnen]", "source.deals.status.win", "column, lost, open, won."),
        ("granted: [ja]", "given: [ja]", "source.leads.consent.given", "column, granted."),
        (
            "occurred_at: zeit",
            "at: zeit",
            "source.activities.at",
            "decimal, delimiter, encoding, flags, lead_id, locale, object,",
        ),
        ("branche:     {kind", "kind:     {art", "attributes.kind.art", "effect, group, kind, label."),
        (
            "Demo-Anfrage: {effect",
            "label: {wirkung",
            "signals.label.wirkung",
            "by_sales, effect, label, objects, value.",
        ),
        ("horizon_days: 90", "horizon: 90", "label.horizon", "horizon_days."),
        ("since: null", "from: null", "history.from", "since, until."),
        ("is: [Masch", "in: [Masch", "points.0.in", "at_least, attribute, is, points, signal, within_days."),
        ("  sales_qualified", "  sql", "policy.sql", "marketing_qualified, min_leads, sales_qualified."),
        ('"on": 2025', '"am": 2025', "policy.agreed.am", "by, marketing_qualified, on, sales_qualified."),
    ],
)
def test_an_unknown_key_is_refused_with_the_keys_that_are_allowed(refusal, old, new, where, allowed):
    assert old in GERMAN_CRM
    said = refusal(GERMAN_CRM.replace(old, new, 1))
    assert said.startswith(f"The key {where} of ")
    assert re.search(rf"must be one of ([\w, ]+, )?{re.escape(allowed)}", said), said
    assert f"Got {where.rsplit('.', 1)[-1]}." in said


def test_a_slip_of_the_pen_is_told_as_such_rather_than_as_a_missing_key(refusal):
    said = refusal(GERMAN_CRM.replace("    lead_id: kontakt_id\n    created", "    leadid: x\n    created"))
    assert said.endswith("Got leadid. Did you mean lead_id?")


def test_a_missing_key_is_named(refusal):
    said = refusal(SMALLEST.replace("lead_id: id, ", ""))
    assert "The key source.leads.lead_id of " in said
    assert said.endswith("must be given. It is missing.")


@pytest.mark.parametrize(
    ("names", "taken"),
    [
        ("attributes: {lead_id: {kind: number}}", "lead_id"),
        ("attributes: {(age): {kind: number}}", "(age)"),
        ("attributes: {size: {kind: number}}\nsignals: {size: {}}", "size"),
        ("attributes: {size: {kind: number}}\nsignals: {(other): {}}", "(other)"),
    ],
)
def test_names_that_would_meet_in_one_topic_are_refused(refusal, names: str, taken: str):
    said = refusal(SMALLEST.replace("attributes: {size: {kind: number}}", names))
    assert "must use names that are not taken" in said
    assert said.endswith(f"Got {taken}.")


def test_the_outcome_cannot_be_an_attribute(refusal):
    said = refusal(SMALLEST.replace("{size: {kind", "{won: {kind"))
    assert "The section attributes of " in said
    assert said.endswith("must not name the column of source.leads.outcome. Got won.")


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{attribute: size, points: 1}", "must have the keys attribute, is, points"),
        ("{attribute: size, is: [], points: 1}", "must have the keys attribute, is, points"),
        ("{signal: Demo, points: 1}", "or signal, within_days, at_least, points. Got points, signal."),
        ("{signal: Demo, attribute: size, is: [1], within_days: 7, points: 1}", "must have the keys"),
        ("{attribute: size, is: [1], within_days: 7, points: 1}", "must have the keys"),
        ("{signal: Demo, within_days: 14, points: 1}", "points.0.within_days"),
        ("{signal: Demo, within_days: 7, at_least: 0, points: 1}", "at least 1. Got 0."),
        ("{signal: Demo, within_days: 7}", "points.0.points"),
        ("{signal: Demo, within_days: 7, points: .inf}", "a finite number"),
        ("{signal: Demo, within_days: 7, points: many}", "a number. Got 'many'."),
        ("{attribute: sise, is: [1], points: 1}", "declared attributes. Got sise."),
        ("{signal: Dema, within_days: 7, points: 1}", "declared signals. Got Dema."),
    ],
)
def test_a_points_rule_is_of_one_kind_and_speaks_of_what_is_declared(refusal, rule: str, words: str):
    assert words in refusal(SMALLEST + f"signals: {{Demo: {{}}}}\npoints: [{rule}]\n")


def test_points_may_be_negative_and_fractions(load):
    rule = "{signal: Demo, within_days: 90, at_least: 3, points: -2.5}"
    assert load(SMALLEST + f"signals: {{Demo: }}\npoints: [{rule}]\n").points[0].points == -2.5


def test_yes_no_on_and_off_stay_words(load):
    params = load(
        """\
source:
  missing: [no, off]
  leads: {path: a.csv, lead_id: on, outcome: {column: y, won: [yes, on], lost: [No]}}
attributes: {no: {kind: category, label: {en: on}}}
"""
    )
    assert params.source.missing == ("no", "off")
    assert params.source.leads.lead_id == "on"
    assert params.source.leads.outcome.won == ("yes", "on")
    assert params.source.leads.outcome.lost == ("No",)
    assert list(params.attributes) == ["no"]


def test_scalars_that_stand_for_text_are_the_text_they_show(load):
    params = load(SMALLEST.replace("won: [1]", "won: [1, 2.5, true, a, '01']"))
    assert params.source.leads.outcome.won == ("1", "2.5", "True", "a", "01")


def test_names_of_attributes_and_signals_may_be_numbers_and_umlauts(load):
    params = load(SMALLEST + "signals: {7: {}, Öffnung: {effect: raises}, true: }\n")
    assert list(params.signals) == ["7", "Öffnung", "True"]


@pytest.mark.parametrize(
    ("record", "section", "unused"), [(TrainingSettings, Training, {"min_wins"}), (PromotionCriteria, Promotion, set())]
)
def test_defaults_of_records_of_the_models_stand_in_params_alone(record, section, unused):
    assert set(record._fields) == set(section.model_fields) - unused
    assert not record._field_defaults
