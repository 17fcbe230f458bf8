"""The sentence that says who agreed on the thresholds."""

import pytest

from leadlight.pipelines.workspace.agreement import describe_agreement

AGREED = {"by": ["Marketing", "Sales"], "on": "2025-08-01", "changed": []}


@pytest.mark.parametrize(
    ("agreed", "in_params", "said"),
    [
        (None, False, "Nobody has agreed on these thresholds: they are the defaults."),
        (None, True, "These thresholds are in params.yaml, but nobody has agreed on them yet."),
        (AGREED, True, "These thresholds were agreed on 2025-08-01 by Marketing and Sales."),
        (
            AGREED | {"changed": ["sales_qualified"]}, True,
            "Changed since the agreement of 2025-08-01 by Marketing and Sales: the SQL threshold.",
        ),
        (
            AGREED | {"changed": ["marketing_qualified", "sales_qualified"]}, True,
            "Changed since the agreement of 2025-08-01 by Marketing and Sales: the MQL and SQL thresholds.",
        ),
    ],
)  # fmt: skip
def test_an_agreement_is_described(agreed, in_params, said):
    assert describe_agreement(agreed, policy_agreed=in_params) == said
