"""The scorer: probability, score, stages, grades and reasons of a lead, and its bundle on disk."""
