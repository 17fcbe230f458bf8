"""Simulated CRMs with a known truth, of laws unlike the demo's, and what is measured on them."""
