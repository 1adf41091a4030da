"""The arguments of a step, from the words that ask for it."""
