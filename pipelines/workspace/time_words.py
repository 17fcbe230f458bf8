"""Words for spans and horizons; a source without dates has none of them."""

__all__ = ["describe_horizon", "describe_span"]


def describe_horizon(days: int | None) -> str:
    """Return `` within 90 days``, with the space before it; empty where there are no dates."""
    return "" if days is None else f" within {days} days"


def describe_span(start: str | None, end: str | None) -> str:
    """Return ``2025-03-04 to 2025-06-01`` from two ISO 8601 times; empty where there are no dates."""
    return "" if start is None or end is None else f"{start[:10]} to {end[:10]}"
