"""Clean each table."""
