"""How many users a system carries: measured by `load`, predicted by `simulate` from what one request costs."""
