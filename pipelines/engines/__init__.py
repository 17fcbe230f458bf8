"""Query engines (DuckDB, Spark) and the tables they compute."""
