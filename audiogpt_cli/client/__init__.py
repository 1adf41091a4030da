"""Commands that ask a running server: for work, for what it can do, for what it remembers."""
