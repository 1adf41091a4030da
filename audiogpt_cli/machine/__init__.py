"""Commands for whoever runs the system: serve configs, weights, the system on this machine."""
