"""Training of the offline planner's parser."""
