"""``leadlight promote``: whether the challenger takes the champion's place, and why. Never by age."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from leadlight.features.errors import BundleError
from leadlight.models.metrics.metrics import compute_metrics
from leadlight.models.validation.champion_challenger import (
    BETTER,
    NO_EVIDENCE,
    WORSE,
    Gate,
    LogLossReduction,
    PromotionCriteria,
    check_gates,
    compare_log_loss,
    decide,
)
from leadlight.pipelines.params import Params
from leadlight.pipelines.registry.champion import PREVIOUS_CHAMPION_TAG, open_registry, set_champion
from leadlight.pipelines.registry.mlflow_registry import CHALLENGER, CHAMPION, Registry, Version
from leadlight.pipelines.registry.model_comparison import ModelComparison, compare_models
from leadlight.pipelines.workspace.workdir import Workdir, write_json

__all__ = ["ROLLED_BACK", "Decision", "get_utc_now", "is_decided", "promote"]

#: tags of a version
VERDICT, AGAINST, ROLLED_BACK = "promotion.verdict", "promotion.against", "rollback.at"


@dataclass(frozen=True)
class Decision:
    """What became of a challenger.

    Parameters
    ----------
    verdict : str
        better, worse or no evidence.
    promoted : bool
        Whether it serves now.
    reason : str
        Why, in a sentence or two.
    champion, challenger : dict
        version and bundle (checksum) of both, as they were before.
    gain : Gain or None
        The difference; None where nothing was compared.
    gates : tuple of Gate
        What else was looked at.
    window : dict
        Snapshots, leads, wins, from, to and note of what was compared on.
    figures : dict
        Figures of both on the window.
    decided_at : str
        When, UTC.
    contest : Contest or None
        Both scorers on the window.
    """

    verdict: str
    promoted: bool
    reason: str
    champion: dict[str, str]
    challenger: dict[str, str]
    gain: LogLossReduction | None
    gates: tuple[Gate, ...]
    window: dict[str, Any]
    figures: dict[str, dict[str, float]]
    decided_at: str
    contest: ModelComparison | None

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for JSON."""
        plain = {
            name: value for name, value in vars(self).items() if name not in ("contest", "gain", "gates")
        }
        return plain | {
            "gain": vars(self.gain) | {"share": self.gain.share} if self.gain is not None else None,
            "gates": [gate.to_dict() for gate in self.gates],
        }


def promote(params: Params, workdir: Workdir) -> Decision:
    """Compare challenger and champion; one that is better and keeps the limits serves from then on.

    Parameters
    ----------
    params : Params
        Limits and seed.
    workdir : Workdir
        Where snapshots, features and the registry are; ``promotion.json`` goes there.

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
    champion, challenger = registry.download(CHAMPION), registry.download(CHALLENGER)
    settled_by = _settled_before_comparing(champion, challenger)
    if settled_by is not None:
        decision = _decision(champion, challenger, NO_EVIDENCE, settled_by)
    else:
        decision = _compared(params, compare_models(workdir, champion, challenger))
    if champion.number != challenger.number and ROLLED_BACK not in challenger.tags:
        _carry_out(registry, decision)
    write_json(workdir.promotion, decision.to_dict())
    return decision


def is_decided(champion: dict[str, str], number: str, challenger: dict[str, str]) -> bool:
    """Tell from tags whether a challenger has had its answer against the version that serves.

    Parameters
    ----------
    champion, challenger : dict of str to str
        Tags of both.
    number : str
        The champion's version.

    Returns
    -------
    bool
        False also where it was to be promoted and the command ended before that.
    """
    if ROLLED_BACK in challenger:
        return True
    answered = challenger.get(AGAINST) == number and VERDICT in challenger
    return answered and PREVIOUS_CHAMPION_TAG not in challenger


def _settled_before_comparing(champion: Version, challenger: Version) -> str | None:
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


def _compared(params: Params, contest: ModelComparison) -> Decision:
    limits = PromotionCriteria(**params.promotion.model_dump())
    new, old, window = contest.challenger.seen, contest.champion.seen, contest.window
    won, leads, seed = window.won, window.leads, params.training.seed
    found = compare_log_loss(new.probability, old.probability, won, leads, seed)
    answer = decide(found, limits)
    looked_at = check_gates(new, old, won, leads, limits=limits, seed=seed)
    return _decision(
        contest.champion.version,
        contest.challenger.version,
        answer,
        _reason(answer, found, looked_at, limits),
        promoted=answer == BETTER and all(gate.passed for gate in looked_at),
        gain=found,
        gates=looked_at,
        window={
            "snapshots": len(won),
            "leads": int(pd.Series(leads).nunique()),
            "wins": int(won.sum()),
            "base_rate": float(won.mean()),
            "from": window.frame["as_of"].min().isoformat(),
            "to": window.frame["as_of"].max().isoformat(),
            "note": contest.note,
        },
        figures={
            "champion": compute_metrics(old.probability, won), "challenger": compute_metrics(new.probability, won),
        },
        contest=contest,
    )  # fmt: skip


def _decision(champion: Version, challenger: Version, answer: str, reason: str, **rest: Any) -> Decision:
    both = ({"version": v.number, "bundle": v.tags.get("bundle", "")} for v in (champion, challenger))
    old, new = both
    content: dict[str, Any] = {
        "promoted": False, "gain": None, "gates": (), "window": {}, "figures": {}, "contest": None,
    }  # fmt: skip
    return Decision(
        verdict=answer,
        reason=reason,
        champion=old,
        challenger=new,
        decided_at=get_utc_now(),
        **content | rest,
    )


def _reason(
    answer: str, found: LogLossReduction, looked_at: tuple[Gate, ...], limits: PromotionCriteria
) -> str:
    if answer == WORSE:
        return "The challenger is worse than the champion on the newest matured leads."
    if answer == NO_EVIDENCE:
        if found.wins < limits.min_wins:
            return f"The window holds {found.wins} wins; {limits.min_wins} are wanted (promotion.min_wins)."
        if found.low <= 0 <= found.high:
            return "The difference may be chance: its interval holds zero."
        return (
            "The difference may be too small to matter: its interval reaches into "
            f"{limits.min_gain:.2%} of the champion's log loss (promotion.min_gain)."
        )
    failed = [gate for gate in looked_at if not gate.passed]
    if failed:
        return "Better, but held back: " + " ".join(f"{gate.name}: {gate.message}" for gate in failed)
    return "The challenger is better and keeps every limit."


def _carry_out(registry: Registry, decision: Decision) -> None:
    old, new = decision.champion["version"], decision.challenger["version"]
    found = decision.gain
    why: dict[str, str | None] = {
        VERDICT: decision.verdict,
        AGAINST: old,
        "promotion.gain": f"{found.value:.6f} [{found.low:.6f}, {found.high:.6f}]"
        if found
        else "not compared",
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
