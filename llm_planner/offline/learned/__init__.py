"""A request read as a whole by a learned parser."""
