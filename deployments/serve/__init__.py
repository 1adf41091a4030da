"""The deployments of Ray Serve and what they say to each other."""
