"""Jobs: verbs of the command line that are no DVC stage."""
