"""Signal processing the wrappers share, by subject."""
