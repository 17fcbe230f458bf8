"""Read the rows of a table: those that can be used, and a quarantine of the others."""
