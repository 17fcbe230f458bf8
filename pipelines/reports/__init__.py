"""Reports: one package each."""
