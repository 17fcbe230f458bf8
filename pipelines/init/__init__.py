"""From files that nobody has described yet to a first ``params.yaml`` that a person can go through."""
