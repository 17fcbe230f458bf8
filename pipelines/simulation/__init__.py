"""A simulated CRM with a known truth: leads, activities, deals, and each lead's true probability to win.

Everything in it is made up: a company in Germany that sells production planning software to other companies.
"""

from pipelines.simulation.settings import SimulationSettings
from pipelines.simulation.truth import true_probability
from pipelines.simulation.world import simulate

__all__ = ["SimulationSettings", "simulate", "true_probability"]
