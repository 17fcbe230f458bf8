"""A simulated CRM with ground truth: leads, activities, deals and each lead's true probability to win.

The data are fictitious: a company in Germany that sells production planning software to other companies.
"""

from leadlight.pipelines.params.simulation import SimulationSettings
from leadlight.pipelines.simulation.crm import simulate
from leadlight.pipelines.simulation.ground_truth import simulate_true_probability

__all__ = ["SimulationSettings", "simulate", "simulate_true_probability"]
