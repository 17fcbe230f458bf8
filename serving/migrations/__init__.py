"""Migrations of the score store; run whenever a store is opened."""
