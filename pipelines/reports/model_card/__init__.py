"""The model card: what a bundle predicts, how well, and where not to trust it."""
