"""The LLM of the cluster itself: Ray Serve LLM with vLLM, and the planner's way to it."""
