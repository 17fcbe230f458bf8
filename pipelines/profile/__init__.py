"""Profiles of raw columns before they are mapped."""
