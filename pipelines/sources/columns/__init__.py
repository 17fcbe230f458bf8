"""Read the cells of a column: numbers, times, text."""
