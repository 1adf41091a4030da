"""What every request passes before a route sees it: its id, its origin, the size and form of its body."""
