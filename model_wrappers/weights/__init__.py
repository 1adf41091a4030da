"""Where weights lie, and how their files are checked and opened."""
