"""From the customer's files to clean tables: read, clean, and quarantine what cannot be used."""
