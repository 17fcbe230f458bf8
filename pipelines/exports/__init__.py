"""Files of scores that a CRM imports."""
