"""The past: what was known about a lead at a moment. Ibis expressions; no I/O, no clock, no pandas."""
