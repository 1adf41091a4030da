"""The command `audiogpt`."""
