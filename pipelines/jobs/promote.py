"""``leadlight promote``: compare challenger and champion, and promote the challenger if it is better."""

from typing import Any, NamedTuple

import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.metrics.metrics import compute_metrics
from leadlight.models.validation.champion_challenger import (
    BETTER,
    NO_EVIDENCE,
    NOT_WORSE,
    WORSE,
    Gate,
    LogLossReduction,
    PromotionCriteria,
    check_gates,
    compare_log_loss,
    decide,
)
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import (
    PREVIOUS_CHAMPION_TAG,
    RegistryState,
    open_registry,
    read_registry_state,
    set_champion,
)
from leadlight.pipelines.registry.mlflow_registry import CHAMPION, Registry, Version
from leadlight.pipelines.registry.model_comparison import ModelComparison, compare_models
from leadlight.pipelines.workspace.workdir import Workdir, write_json

__all__ = ["ROLLED_BACK", "Decision", "get_utc_now", "is_decided", "promote"]

#: tags of a version
VERDICT, AGAINST, ROLLED_BACK = "promotion.verdict", "promotion.against", "rollback.at"


class Decision(NamedTuple):
    """Outcome of a comparison.

    Parameters
    ----------
    verdict : str
        better, not worse, worse or no evidence.
    reason : str
        Why, in a sentence or two.
    champion, challenger : dict
        version and bundle (checksum) of both before the decision.
    window : dict
        Snapshots, leads, wins, from, to and note of the comparison; empty if nothing was compared.
    figures : dict
        Metrics of both on the window.
    decided_at : str
        UTC.
    promoted : bool
        Whether the challenger serves now.
    gain : LogLossReduction or None
    gates : tuple of Gate
        Further conditions of promotion.
    contest : ModelComparison or None
        Both scorers on the window.
    """

    verdict: str
    reason: str
    champion: dict[str, str]
    challenger: dict[str, str]
    window: dict[str, Any]
    figures: dict[str, dict[str, float]]
    decided_at: str
    promoted: bool = False
    gain: LogLossReduction | None = None
    gates: tuple[Gate, ...] = ()
    contest: ModelComparison | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = {name: value for name, value in self._asdict().items() if name not in ("contest", "gain", "gates")}
        return plain | {
            "gain": self.gain._asdict() | {"share": self.gain.share} if self.gain is not None else None,
            "gates": [gate._asdict() for gate in self.gates],
        }


def promote(params: Params, workdir: Workdir, state: RegistryState | None = None) -> Decision:
    """Compare challenger and champion; promote one that is better, or a refresh that is not worse, and passes gates.

    Parameters
    ----------
    params : Params
        Limits and seed.
    workdir : Workdir
        Where snapshots, features and the registry are; ``promotion.json`` goes there.
    state : RegistryState, optional
        The two versions to compare, if they have been looked up already.

    Returns
    -------
    Decision
        The answer, as written to ``promotion.json`` and to the tags of the challenger.

    Raises
    ------
    BundleError
        If one of the two is missing, or they cannot be compared.
    """
    registry = open_registry(workdir)
    state = state or read_registry_state(registry)
    champion, challenger = registry.fetch(*state.champion), registry.fetch(*state.challenger)
    reason = _explain_no_comparison(champion, challenger)
    if reason is not None:
        decision = _make_decision(champion, challenger, NO_EVIDENCE, reason)
    else:
        decision = _compare(params, compare_models(workdir, champion, challenger))
    if champion.number != challenger.number and ROLLED_BACK not in challenger.tags:
        _apply_decision(registry, decision)
    write_json(workdir.promotion, decision.to_dict())
    return decision


def is_decided(champion: dict[str, str], number: str, challenger: dict[str, str]) -> bool:
    """Decide from tags whether a challenger has been compared with the champion already.

    Parameters
    ----------
    champion, challenger : dict of str to str
        Tags of both.
    number : str
        The champion's version.

    Returns
    -------
    bool
        False also if it was to be promoted and the command ended before that.
    """
    if ROLLED_BACK in challenger:
        return True
    answered = challenger.get(AGAINST) == number and VERDICT in challenger
    return answered and PREVIOUS_CHAMPION_TAG not in challenger


def _explain_no_comparison(champion: Version, challenger: Version) -> str | None:
    if champion.number == challenger.number:
        return f"Version {champion.number} is both challenger and champion: there is nothing to compare."
    if ROLLED_BACK in challenger.tags:
        day = challenger.tags[ROLLED_BACK][:10]
        why = challenger.tags.get("rollback.reason", "")
        return (
            f"Version {challenger.number} was rolled back on {day} ({why}) and does not come back by itself: "
            "retrain, or let it serve with `leadlight register --as-champion`."
        )
    if challenger.tags.get("bundle") and challenger.tags["bundle"] == champion.tags.get("bundle"):
        return f"Versions {challenger.number} and {champion.number} are the same bundle: nothing has changed."
    return None


def _compare(params: Params, contest: ModelComparison) -> Decision:
    limits = PromotionCriteria(**params.promotion.model_dump())
    new, old, window = contest.challenger.scores, contest.champion.scores, contest.window
    won, leads, seed = window.won, window.leads, params.training.seed
    dated = contest.challenger.scorer.metadata.has_dates
    refresh = _is_refresh(contest)
    period = window.frame["as_of"].dt.to_period("M").astype(str).to_numpy() if dated else None
    gain = compare_log_loss(new.probability, old.probability, won, leads, seed=seed, period=period)
    answer = decide(gain, limits, refresh=refresh)
    gates = check_gates(new, old, won, leads, limits=limits, seed=seed)
    return _make_decision(
        contest.champion.version,
        contest.challenger.version,
        answer,
        _explain_answer(answer, gain, gates, limits),
        promoted=answer in (BETTER, NOT_WORSE) and all(gate.passed for gate in gates),
        gain=gain,
        gates=gates,
        window={
            "snapshots": len(won),
            "leads": int(pd.Series(leads).nunique()),
            "wins": int(won.sum()),
            "base_rate": float(won.mean()),
            "from": window.frame["as_of"].min().isoformat() if dated else None,
            "to": window.frame["as_of"].max().isoformat() if dated else None,
            "note": contest.note,
            "question": "refresh" if refresh else "new procedure",
        },
        figures={
            "champion": compute_metrics(old.probability, won),
            "challenger": compute_metrics(new.probability, won),
        },
        contest=contest,
    )  # fmt: skip


def _make_decision(champion: Version, challenger: Version, answer: str, reason: str, **rest: Any) -> Decision:
    old, new = ({"version": v.number, "bundle": v.tags.get("bundle", "")} for v in (champion, challenger))
    content: dict[str, Any] = {"window": {}, "figures": {}} | rest
    return Decision(answer, reason, old, new, decided_at=get_utc_now(), **content)


def _explain_answer(answer: str, gain: LogLossReduction, gates: tuple[Gate, ...], limits: PromotionCriteria) -> str:
    if answer == WORSE:
        return "The challenger is worse than the champion on the newest matured leads."
    if answer == NO_EVIDENCE:
        if gain.wins < limits.min_wins:
            return f"The window holds {gain.wins} wins; {limits.min_wins} are wanted (promotion.min_wins)."
        if gain.low <= 0 <= gain.high:
            return "The difference may be chance: its interval holds zero."
        return (
            "The difference may be too small to matter: its interval reaches into "
            f"{limits.min_gain:.2%} of the champion's log loss (promotion.min_gain)."
        )
    failed = [gate for gate in gates if not gate.passed]
    if failed:
        return f"{answer.capitalize()}, but held back: " + " ".join(f"{gate.name}: {gate.message}" for gate in failed)
    refreshed = (
        f"the same procedure on newer data; it is not worse by more than {limits.max_loss:.2%} of the champion's log "
        "loss (promotion.max_loss)"
    )
    return f"The challenger is {refreshed if answer == NOT_WORSE else BETTER} and keeps every limit."


def _is_refresh(contest: ModelComparison) -> bool:
    """Return whether both were trained by the same procedure, on other data."""
    old, new = (model.scorer.metadata for model in (contest.champion, contest.challenger))
    return bool(new.procedure) and old.procedure == new.procedure


def _apply_decision(registry: Registry, decision: Decision) -> None:
    old, new = decision.champion["version"], decision.challenger["version"]
    gain = decision.gain
    why: dict[str, str | None] = {
        VERDICT: decision.verdict,
        AGAINST: old,
        "promotion.gain": f"{gain.value:.6f} [{gain.low:.6f}, {gain.high:.6f}]" if gain else "not compared",
        "promotion.gates": " ".join(
            f"{gate.name} {'passed' if gate.passed else 'FAILED'}: {gate.message}" for gate in decision.gates
        )
        or "not compared",
        "promotion.reason": decision.reason,
        "promotion.decided_at": decision.decided_at,
    }
    if not decision.promoted:
        registry.set_tags(new, why | {PREVIOUS_CHAMPION_TAG: None})
        return
    serving = registry.find_version(CHAMPION)
    if serving is None or serving[0] != old:
        raise BundleError(
            f"The champion must stay the same while it is compared. Got version "
            f"{serving[0] if serving else 'none'} in place of {old}: run `leadlight promote` again."
        )
    set_champion(registry, new, why)


def get_utc_now() -> str:
    """Return this moment as ISO text, UTC."""
    return pd.Timestamp.now(tz="UTC").strftime("%Y-%m-%dT%H:%M:%SZ")
