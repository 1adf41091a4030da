"""What planners agree on: requests, plans, results, and what makes a plan valid."""
