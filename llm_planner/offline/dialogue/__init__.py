"""Open questions and their answers, and what is done again."""
