"""Train the offline planner's head: templates, corpus, training."""
