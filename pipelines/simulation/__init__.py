"""A simulated CRM with a known truth: leads, activities, deals, and each lead's true probability to win.

Everything in it is made up: a company in Germany that sells production planning software to other companies.
"""

from leadlight.pipelines.simulation.crm import simulate
from leadlight.pipelines.simulation.ground_truth import simulate_true_probability
from leadlight.pipelines.simulation.settings import SimulationSettings

__all__ = ["SimulationSettings", "simulate", "simulate_true_probability"]
