"""Bytes from outside: told apart and decoded in processes that may die."""
