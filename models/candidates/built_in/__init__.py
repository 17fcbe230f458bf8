"""The candidates that come with Leadlight: one module each, named as in ``training.candidates``."""
