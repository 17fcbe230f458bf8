"""The score table has one typed column of points for each topic, and names the strongest reasons."""

import numpy as np
import pandas as pd
import pytest

from leadlight.models.calibration.parametric import PlattCalibrator
from leadlight.models.scoring.score_table import tabulate_scores


@pytest.fixture(scope="module")
def scorer(make_scorer, models):
    return make_scorer(models["combined"], PlattCalibrator(0.7, -0.3), "combined")


def test_columns_are_typed_and_add_up_to_the_score(world, scorer):
    frame = world.frame.set_index(world.leads)
    table = tabulate_scores(scorer, frame, reasons=2)
    pd.testing.assert_index_equal(table.index, frame.index)
    assert {str(kind) for kind in table.dtypes} == {"float64", "str"}
    points = table.filter(regex=r"^points\.")
    assert list(points) == [f"points.{topic.key}" for topic in world.catalogue.topics]
    np.testing.assert_allclose(table["base_score"] + points.sum(axis=1), table["score"], rtol=0, atol=1e-9)


def test_the_strongest_reasons_come_first_in_the_language_asked_for(world, scorer):
    english, german = (tabulate_scores(scorer, world.frame, reasons=3, language=name) for name in ("en", "de"))
    sizes = english.filter(regex=r"^points\.").abs()
    np.testing.assert_array_equal(english["reason_1_points"].abs(), sizes.max(axis=1))
    ranked = english[[f"reason_{rank}_points" for rank in (1, 2, 3)]].abs().to_numpy()
    assert (np.diff(ranked, axis=1) <= 0).all()
    label = english["reason_1"].iloc[0]
    topic = next(t for t in world.catalogue.topics if t.label.get("en", t.key) == label)
    assert english[f"points.{topic.key}"].iloc[0] == english["reason_1_points"].iloc[0]
    assert "Time since creation" in set(english["reason_3"])
    assert "Zeit seit Anlage" in set(german["reason_3"])
    every = tabulate_scores(scorer, world.frame.head(2), reasons=100)
    assert f"reason_{len(world.catalogue.topics)}" in every
    assert "reason_1" not in tabulate_scores(scorer, world.frame.head(2))


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"reasons": -1}, r"The number of reasons must be a whole number, 0 or more\. Got -1\."),
        ({"reasons": 2.5}, r"Got 2\.5\."),
        ({"language": "fr"}, r"The language of reasons must be one of de, en\. Got 'fr'\."),
    ],
)
def test_other_arguments_are_refused_in_a_sentence(world, scorer, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        tabulate_scores(scorer, world.frame.head(2), **arguments)
