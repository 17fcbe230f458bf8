"""The MLflow registry, its aliases, and the comparison of two versions."""
