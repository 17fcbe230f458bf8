"""The working folder: paths, atomic writes, locks, moments, console."""
