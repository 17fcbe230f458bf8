"""The feature family of docs/how-to/extend.md works as it is written."""

import re

from leadlight.features import aggregations, engagement
from leadlight.features.catalogue import SignalSpec
from leadlight.features.feature_set import FeatureSet


def test_the_family_of_the_page_is_a_feature_of_each_signal(root, monkeypatch):
    page = (root / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    exec(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)[0], names)
    monkeypatch.setattr(engagement, "AGGREGATIONS", (*aggregations.AGGREGATIONS, names["last_fortnight"]))
    catalogue = FeatureSet((), (SignalSpec("demo", 1),), has_activities=True, has_age=True).catalogue
    feature = next(f for f in catalogue.features if f.name == "count_14d__demo")
    assert feature.monotonicity == 1
    assert feature.label["de"] == "demo: Anzahl in 14 Tagen"
