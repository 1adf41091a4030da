"""How people write: quotes, slips, languages, times, directions, notes."""
