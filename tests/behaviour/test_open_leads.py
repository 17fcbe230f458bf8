"""Features of open leads at several midnights in one query."""

import pandas as pd

from leadlight.pipelines.engines.engine import build_feature_set, open_engine
from leadlight.pipelines.engines.open_leads import sample_open_leads, sample_open_leads_over_time
from leadlight.pipelines.params import load_params
from leadlight.pipelines.workspace.workdir import Workdir


def test_leads_open_at_several_midnights_are_those_of_each_midnight_alone(trained):
    engine = open_engine(Workdir(trained / "work"))
    features = build_feature_set(load_params(trained / "params.yaml"), engine.report)
    before_all, *moments = (pd.Timestamp(day) for day in ("2020-01-01", "2024-12-01", "2025-03-18"))
    (together,) = sample_open_leads_over_time(engine, features, [before_all, *moments])
    assert list(together["as_of"].unique()) == moments
    for moment in moments:
        alone = sample_open_leads(engine, features, moment)
        part = together[together["as_of"] == moment].reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone, check_exact=True, check_dtype=False)
