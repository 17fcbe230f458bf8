"""Changes of scores between two scoring runs."""
