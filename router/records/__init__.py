"""What the database remembers: sessions, runs and who executes them."""
