"""Published checkpoints of the paper's models and their successors, on torch; a file or a folder each."""
