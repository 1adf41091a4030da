"""What operators look at, made from the metrics themselves: dashboards, alert rules, and their page."""
