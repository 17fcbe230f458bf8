"""Point-in-time features of leads as Ibis expressions; no I/O, no clock, no pandas."""
