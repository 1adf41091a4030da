"""Scripts that make the weights we train ourselves."""
