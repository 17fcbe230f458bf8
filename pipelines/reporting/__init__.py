"""Rendering that all reports share."""
