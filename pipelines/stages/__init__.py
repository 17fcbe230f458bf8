"""DVC stages: one module each."""
