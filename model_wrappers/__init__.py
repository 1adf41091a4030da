"""What a model is: media, the sixteen tasks, and one file per model. Knows nothing of Ray or HTTP."""
