"""What the database remembers: sessions and runs."""
