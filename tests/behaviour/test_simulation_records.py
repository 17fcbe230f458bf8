"""The records of the simulated CRM hang together, and its leads behave as leads do."""

import pandas as pd
import pytest

TYPED_IN = {
    "industry": "Mechanical engineering;Automotive;Electronics;Metal processing;Food and beverage;"
    "IT services;Logistics;Chemicals;Consulting;Education;Aerospace;Medical devices;Furniture;Textiles",
    "country": "Germany;Austria;Switzerland;Netherlands;Poland;France;Italy;United States;Turkey;India",
}


def end_of(settings):
    return pd.Timestamp(settings.start) + pd.DateOffset(months=settings.months)


def test_form_is_sent_seconds_before_the_lead_is_created(world):
    forms = world.activities[world.activities["type"] == "form_submit"]
    pairs = forms.merge(world.leads, on="lead_id")
    before = (pairs["created_at"] - pairs["occurred_at"]).dt.total_seconds()
    first = before[before > 0].groupby(pairs["lead_id"]).agg(["size", "min"])
    assert len(first) == len(world.leads)
    assert (first["size"] == 1).all()
    assert first["min"].between(2, 60).all()


def test_some_visits_come_days_before_the_lead(world):
    pairs = world.activities.merge(world.leads, on="lead_id")
    early = pairs[pairs["occurred_at"] < pairs["created_at"] - pd.Timedelta(days=1)]
    assert 0.3 < early["lead_id"].nunique() / len(world.leads) < 0.9
    assert set(early["type"]) == {"page_view", "pricing_page"}


def test_a_lead_has_one_deal_at_most_and_closes_after_its_creation(world):
    assert world.deals["lead_id"].is_unique
    pairs = world.deals.merge(world.leads, on="lead_id", how="left")
    assert (pairs["closed_at"] > pairs["created_at"]).all()
    assert (pairs["closed_at"] < end_of(world.settings)).all()
    assert set(pairs["status"]) == {"won", "lost"}
    assert (world.deals.loc[world.deals["status"] == "won", "amount"] != "").all()
    assert (world.deals.loc[world.deals["status"] == "lost", "amount"] == "").mean() > 0.6


def test_leads_show_the_latest_value_of_their_history(world):
    last = world.history.sort_values("changed_at", kind="stable").groupby(["lead_id", "attribute"]).last()
    wide = last["value"].unstack("attribute").reindex(world.leads["lead_id"]).fillna("")
    for attribute in wide:
        assert (wide[attribute].to_numpy() == world.leads[attribute].to_numpy()).all(), attribute
    changed = world.history.duplicated(["lead_id", "attribute"])
    assert changed.sum() > 20


def test_first_values_are_known_before_the_lead_is_created(world):
    pairs = world.history.merge(world.leads[["lead_id", "created_at"]], on="lead_id")
    first = pairs[pairs["changed_at"] < pairs["created_at"]]
    known = first.groupby("attribute")["lead_id"].nunique() / len(world.leads)
    assert known["employees"] == pytest.approx(0.88, abs=0.04)
    assert known["country"] > 0.97
    assert not first.duplicated(["lead_id", "attribute"]).any()


def test_won_leads_are_completed_only_after_the_win(large):
    """An attribute that is known for customers alone: the trap that the history is there for."""
    now = large.leads.merge(large.deals, on="lead_id", how="left")
    won = now["status"] == "won"
    missing = now["employees"] == ""
    assert missing[won].mean() < 0.05
    assert missing[~won].mean() > 0.08
    sizes = large.history[large.history["attribute"] == "employees"].merge(large.deals, on="lead_id")
    at_close = sizes[sizes["changed_at"] < sizes["closed_at"]]
    known = large.deals["lead_id"].isin(at_close["lead_id"]).groupby(large.deals["status"]).mean()
    assert abs(known["won"] - known["lost"]) < 0.05


def test_words_carry_slips_of_the_hand(large):
    for attribute, words in TYPED_IN.items():
        rows = large.history[large.history["attribute"] == attribute]
        first = rows.drop_duplicates("lead_id")
        odd = ~first["value"].isin(words.split(";"))
        assert odd.mean() == pytest.approx(large.settings.typos, abs=0.01), attribute
    assert large.leads["job_title"].nunique() > 60


def test_consent_is_yes_no_or_empty(world):
    share = world.leads["consent"].value_counts(normalize=True)
    assert set(share.index) == {"yes", "no", ""}
    assert share["yes"] == pytest.approx(0.85, abs=0.04)


def test_without_consent_there_is_no_campaign_mail(world):
    mailed = world.activities[world.activities["type"].isin(["email_open", "email_click", "unsubscribe"])]
    consent = world.leads.set_index("lead_id")["consent"]
    assert set(consent[mailed["lead_id"]]) == {"yes"}


def test_nobody_reads_campaign_mail_after_unsubscribing(world):
    mailed = world.activities[world.activities["type"].isin(["email_open", "email_click"])]
    gone = world.activities[world.activities["type"] == "unsubscribe"]
    pairs = mailed.merge(gone.groupby("lead_id")["occurred_at"].min().rename("gone"), on="lead_id")
    assert len(gone) > 30
    # What was in the inbox that day may still be read; nothing comes on later days.
    assert (pairs["occurred_at"].dt.normalize() <= pairs["gone"].dt.normalize()).all()


def test_after_the_close_only_a_few_page_views_remain(world):
    pairs = world.activities.merge(world.deals, on="lead_id")
    after = pairs[pairs["occurred_at"] >= pairs["closed_at"]]
    assert set(after["type"]) == {"page_view"}
    customers = after[after["status"] == "won"]
    assert set(customers["object"]) == {"Onboarding guide", "Customer portal"}
    assert not pairs.drop(after.index)["object"].isin(["Onboarding guide", "Customer portal"]).any()
    assert 0 < len(after) < 0.05 * len(world.activities)
    assert (world.activities["occurred_at"] < end_of(world.settings)).all()


def test_activity_before_the_close_is_what_drove_the_lead(world):
    """Nothing that is added for the sake of the picture tells how the lead will end."""
    pairs = world.activities.merge(world.deals, on="lead_id", how="left")
    before = pairs[~(pairs["occurred_at"] >= pairs["closed_at"])]
    log = pd.read_parquet(world.folder / "truth/activities.parquet")
    listed = pd.DataFrame(
        {
            "lead": before["lead_id"].str[2:].astype(int) - 1,
            "second": (before["occurred_at"] - pd.Timestamp(world.settings.start)).dt.total_seconds(),
        }
    )
    listed = listed.sort_values(["lead", "second"]).to_numpy()
    assert (listed == log[["lead", "second"]].to_numpy()).all()


def test_stages_go_forward_and_agree_with_creation_and_deal(world):
    order = {name: i for i, name in enumerate(["new", "contacted", "meeting", "proposal", "won", "lost"])}
    rows = world.stages.assign(rank=world.stages["stage"].map(order)).sort_values(["lead_id", "entered_at"])
    assert not rows.duplicated(["lead_id", "stage"]).any()
    assert (rows.groupby("lead_id")["rank"].diff().dropna() > 0).all()
    new = rows[rows["stage"] == "new"].merge(world.leads, on="lead_id")
    assert len(new) == len(world.leads)
    assert (new["entered_at"] == new["created_at"]).all()
    ends = rows[rows["rank"] >= 4].merge(world.deals, on="lead_id", how="outer")
    assert (ends["stage"] == ends["status"]).all()
    assert (ends["entered_at"] == ends["closed_at"]).all()


def test_leads_end_as_such_leads_do(large):
    counts = large.counts
    assert 0.075 < counts["won"] / counts["leads"] < 0.115
    assert 0.45 < counts["lost"] / counts["leads"] < 0.60
    assert 15 < counts["activities"] / counts["leads"] < 25
    won = large.deals[large.deals["status"] == "won"].merge(large.leads, on="lead_id")
    delay = (won["closed_at"] - won["created_at"]).dt.total_seconds() / 86_400
    assert 35 < delay.median() < 48
    assert delay.quantile(0.95) > 150


def test_activity_follows_the_day_the_week_and_the_year(large):
    at = large.activities["occurred_at"].dt
    assert at.hour.between(6, 17).mean() > 0.85
    assert (at.day_of_week >= 5).mean() < 0.10
    daily = large.activities.groupby(at.normalize()).size()
    quiet = daily["2024-12-21":"2025-01-06"].mean()
    assert quiet < 0.6 * daily["2024-11-25":"2024-12-18"].mean()
    assert daily["2024-08-01":"2024-08-31"].mean() < 0.85 * daily["2024-06-01":"2024-06-30"].mean()
    fair = large.leads[large.leads["source"] == "Trade fair"]["created_at"]
    assert fair.dt.normalize().between("2024-04-17", "2024-04-25").mean() > 0.1


def test_mail_is_read_in_waves(large):
    opens = large.activities[large.activities["type"] == "email_open"]
    per_day = opens.groupby(opens["occurred_at"].dt.normalize()).size().sort_values(ascending=False)
    assert per_day.head(len(per_day) // 5).sum() > 0.6 * per_day.sum()
