"""What is wrong with a source, and what gives the outcome away, before anything is trained."""
