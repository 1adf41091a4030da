"""Signal processing in NumPy, by subject: separation, prediction, filters, vocoders."""
