"""Propose a first ``params.yaml`` from undescribed files."""
