"""Open files and databases: raw columns in batches."""
