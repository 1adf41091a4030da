"""How long who asks waits: for a step, a plan, the first sound, a model that is not loaded."""
