"""What changed between two nights, lead by lead and over the whole base."""
