"""Data sets that models learn from and are judged on."""
