"""Laws of the simulated worlds: how attributes, activities and time make the daily chance to win."""

from dataclasses import dataclass, field

__all__ = ["DEVELOPED", "JUDGED", "LAWS", "SEEDS", "Law"]


@dataclass(frozen=True)
class Law:
    """How a world differs from the plain one.

    Parameters
    ----------
    name : str
        What the page calls it.
    season : float
        Amplitude of the yearly wave of the log hazard.
    peak_day : int
        Day of the span on which the wave is highest.
    drift : float
        Change of the log hazard per year, which goes on after the cut-off.
    sessions : float
        Factor of the number of activities.
    day_stamps : bool
        Whether the export has dates without a time of day.
    signal : float
        Factor of everything that makes leads differ; 0: all have the same chance on every day.
    interaction : float
        Coefficient of the product of fit and engagement, each about its mean.
    half_lives : tuple of float
        Days after which half of an activity's weight is left, of the short and the long memory.
    memory : tuple of float
        Coefficients of the two memories.
    delay_days : int
        Days after which an activity begins to act.
    campaign_day : int, optional
        First day of a week of many unqualified sign-ups by newsletter.
    missing : dict of str to float
        Share of missing values in the export, by attribute, whatever the value.
    hidden : float
        Standard deviation of a lasting cause of wins that is not exported.
    """

    name: str
    season: float = 0.15
    peak_day: int = 40
    drift: float = 0.0
    sessions: float = 1.0
    day_stamps: bool = False
    signal: float = 1.0
    interaction: float = 0.0
    half_lives: tuple[float, float] = (7.0, 30.0)
    memory: tuple[float, float] = (0.8, 0.5)
    delay_days: int = 0
    campaign_day: int | None = None
    missing: dict[str, float] = field(default_factory=lambda: {"employees": 0.3, "industry": 0.08})
    hidden: float = 0.0


THIRD = dict.fromkeys(("industry", "employees", "country", "source", "level"), 1 / 3)

LAWS = {
    "season_a": Law("strong season, highest half a year before the cut-off", season=0.7, peak_day=420),
    "season_b": Law("strong season, highest at the cut-off", season=0.7, peak_day=240),
    "drift": Law("lasting drift", drift=-0.6),
    "sparse": Law("sparse activity", sessions=0.25),
    "day_stamps": Law("times only as dates", day_stamps=True),
    "no_signal": Law("no signal", season=0.0, signal=0.0),
    "interaction": Law("strong interaction of fit and engagement", interaction=0.8),
    "long_memory": Law("long memory", half_lives=(45.0, 240.0), memory=(0.2, 1.0)),
    "late": Law("engagement acts 30 days late", delay_days=30),
    "campaign": Law("a campaign week of unqualified sign-ups", campaign_day=565),
    "missing": Law("a third of attributes missing", missing=THIRD),
    "hidden": Law("a cause of wins that is not exported", hidden=0.6),
}
# Named before any run, and never run while the product is changed: only `--judged` runs them.
JUDGED = ("season_b", "interaction", "long_memory", "campaign")
DEVELOPED = tuple(name for name in LAWS if name not in JUDGED)
SEEDS = (1, 2, 3)
