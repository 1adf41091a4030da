"""What of the README and the docs is made from the code, the configs and what was measured."""
