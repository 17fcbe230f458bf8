"""Noise of manual entry: wordings of job titles, and typing errors."""

import numpy as np
import numpy.typing as npt

__all__ = ["REVENUE_BANDS", "corrupt_text", "sample_revenue_bands", "sample_titles"]

Texts = npt.NDArray[np.object_]

# (level, department): wordings, most frequent first
TITLES = {
    ("Head", "Production"): ("Head of Production", "Produktionsleiter", "Plant Manager"),
    ("Head", "IT"): ("Head of IT", "IT-Leiter", "CIO"),
    ("Head", "Purchasing"): ("Head of Purchasing", "Einkaufsleiter", "Leiter Einkauf"),
    ("Head", "Marketing"): ("Head of Marketing", "Marketingleiter", "CMO"),
    ("Manager", "Production"): ("Production Manager", "Produktionsplaner", "Manager Production"),
    ("Manager", "IT"): ("IT Manager", "Manager IT", "Teamleiter IT"),
    ("Manager", "Purchasing"): ("Purchasing Manager", "Procurement Manager", "Teamleiter Einkauf"),
    ("Manager", "Marketing"): ("Marketing Manager", "Manager Marketing", "Product Marketing Manager"),
    ("Specialist", "Production"): ("Production Engineer", "Arbeitsvorbereiter", "Process Engineer"),
    ("Specialist", "IT"): ("IT Specialist", "System Administrator", "Software Developer"),
    ("Specialist", "Purchasing"): ("Buyer", "Einkäufer", "Strategic Buyer"),
    ("Specialist", "Marketing"): ("Marketing Specialist", "Referent Marketing", "Content Editor"),
}
DIRECTOR_TITLES = ("Managing Director", "Geschäftsführer", "CEO", "Owner")
STUDENT_TITLES = ("Student", "Working student", "Praktikant", "Intern")
WORDING = np.array([0.62, 0.26, 0.08, 0.04])

ALIASES = {
    "Germany": ("Deutschland", "DE"),
    "Austria": ("Österreich",),
    "Switzerland": ("Schweiz", "CH"),
    "Mechanical engineering": ("Maschinenbau", "Machinery"),
    "Automotive": ("Automobil",),
    "Food and beverage": ("Food",),
    "IT services": ("IT",),
}
REVENUE_BANDS = ("under 2M", "2-10M", "10-50M", "50-250M", "over 250M")
REVENUE_LIMITS = np.log([2e6, 10e6, 50e6, 250e6])


def sample_titles(level: npt.NDArray[np.str_], department: npt.NDArray[np.str_], rng: np.random.Generator) -> Texts:
    """Sample a wording of each job title; shape (leads,)."""
    result = np.empty(len(level), dtype=object)
    for i, (rank, team, place) in enumerate(zip(level, department, rng.random(len(level)), strict=True)):
        wordings = {"Director": DIRECTOR_TITLES, "Student": STUDENT_TITLES}.get(rank) or TITLES[(rank, team)]
        share = WORDING[: len(wordings)].cumsum() / WORDING[: len(wordings)].sum()
        result[i] = wordings[int(np.searchsorted(share, place, side="right"))]
    return result


def sample_revenue_bands(employees: npt.NDArray[np.int64], rng: np.random.Generator) -> Texts:
    """Sample the yearly revenue band (EUR) given the employees; shape (leads,)."""
    revenue = np.log(employees) + np.log(160_000.0) + 0.5 * rng.standard_normal(len(employees))
    return np.asarray(np.array(REVENUE_BANDS, dtype=object)[np.searchsorted(REVENUE_LIMITS, revenue)])


def corrupt_text(word: str, rng: np.random.Generator) -> str:
    """Corrupt a word: alias, lost letter, swapped letters, other case, or blanks.

    Parameters
    ----------
    word : str
        Correct word of two letters or more.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    str
        A different text.
    """
    manner = int(rng.integers(6))
    if manner == 0 and word in ALIASES:
        return str(rng.choice(np.array(ALIASES[word])))
    inside = int(rng.integers(1, len(word))) if len(word) > 2 else 1
    swapped = word[: inside - 1] + word[inside] + word[inside - 1] + word[inside + 1 :]
    lost = word[:inside] + word[inside + 1 :]
    written = (lost, lost, swapped, word.upper(), word.lower(), f" {word} ")[manner]
    return written if written != word else f"{word} "
