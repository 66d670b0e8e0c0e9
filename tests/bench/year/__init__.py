"""A year of a municipality on a network of its own: children, shops, payments, and what the bank answers."""
