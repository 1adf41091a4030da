"""What a step may work on, and the words that point at it."""
