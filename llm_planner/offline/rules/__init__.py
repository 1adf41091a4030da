"""A request read clause by clause."""
