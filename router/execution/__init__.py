"""From a plan to results: models chosen, called, tried again; steps in parallel."""
