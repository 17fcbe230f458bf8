"""Score changes between two scoring runs, per lead and in total."""
