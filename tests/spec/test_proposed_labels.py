"""Labels that `leadlight init` proposes: German for German, and no English under ``de``."""

import pandas as pd
import pytest

from leadlight.features.catalogue import AttributeSpec, SignalSpec
from leadlight.features.feature_set import FeatureSet
from leadlight.pipelines.init.label_terms import propose_label
from leadlight.pipelines.init.propose import propose


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("industry", {"en": "Industry", "de": "Branche"}),
        ("Branche", {"en": "Industry", "de": "Branche"}),
        ("No. of Employees", {"en": "No. of Employees", "de": "Mitarbeiter"}),
        ("Unternehmensgröße", {"en": "Company size", "de": "Unternehmensgröße"}),
        ("Anzahl Rückrufe", {"de": "Anzahl Rückrufe"}),
        ("Kundennummer_alt", {"de": "Kundennummer alt"}),
        ("favourite_colour", {"en": "Favourite colour"}),
    ],
)
def test_a_label_is_in_the_languages_in_which_it_is_known(name, label):
    assert propose_label(name) == label


def test_two_columns_do_not_share_a_translation(tmp_path):
    rows = range(300)
    frame = pd.DataFrame({"id": [f"L{n}" for n in rows], "source": [f"s{n * 7 % 5}" for n in rows]})
    frame = frame.assign(lead_source=[f"t{n * 11 % 4}" for n in rows], won=["yes" if n % 7 else "no" for n in rows])
    frame.to_csv(tmp_path / "leads.csv", index=False)
    attributes = propose({"leads": tmp_path / "leads.csv"}, tmp_path / "params.yaml").params.attributes
    assert attributes["source"].label == {"en": "Source", "de": "Leadquelle"}
    assert attributes["lead_source"].label == {"en": "Lead source"}


def test_a_label_in_one_language_is_shown_in_the_other():
    attribute = AttributeSpec("fav_colour", "category", label={"en": "Favourite colour"})
    signal = SignalSpec("Demo", label={"de": "Vorführung"})
    features = FeatureSet([attribute], [signal], has_activities=True, has_age=True)
    topics = {topic.key: topic.label for topic in features.catalogue.topics}
    assert topics["fav_colour"] == {"en": "Favourite colour", "de": "Favourite colour"}
    assert topics["Demo"] == {"en": "Vorführung", "de": "Vorführung"}
